"""A strict local stand-in for every vendor: `python -m sandbox.server --port 0 --world-seed 7 --now ISO`.

One process and one port. A vendor lives below a prefix, at the paths it documents: what is
https://graph.facebook.com/v26.0/... is http://127.0.0.1:PORT/meta/v26.0/... here. What a vendor would reject is
rejected, what it would drop without a word is dropped, and both are written down, with the rule of
sandbox/rules.csv that the client broke. Nothing here imports the code that is tested against it.

A vendor is a function `surface(house) -> Surface` listed in sandbox/server/vendors/__init__.py (one folder or module
per vendor). Everything it remembers it holds in objects that this function makes: a reset calls it again.

* `Route(method, pattern, handler)`: pattern is the path below the prefix, `{name}` matches up to the next `/` or `:`.
* `handler(call) -> Reply`, synchronous, one call at a time. `call` has method, path, variables, query, headers (lower
  case), body, now (virtual, UTC), `json()`, `form()`, `quirk(name, default)` and
    `call.credential(text, issuer)`  the Token of this text, None when unknown or revoked by a fault;
    `call.broke(rule, detail)`  one rule of the contract that the client broke; detail without secrets or personal data;
    `call.did(effect, count)`  what became of it: accepted, deduplicated, dropped, rejected, rewritten, truncated.
* `Surface.error(parameters) -> Reply`: how the vendor words an error, made by the fault kind `vendor_error`; without
  parameters it is the vendor's throttle.
* `Surface.connections(origin, slug)`: Airflow connections (conn id -> JSON) that point a shop at this sandbox.
* `Surface.state(ids)`: counts, as the vendor would show them in its own screens; ids: with every id.
* `house.tokens` knows every credential (`add` a fixed one, `issue` one that expires), `house.shops` the seeded worlds
  (`house.shop_now(slug)` is a shop at the virtual clock), `house.clock.now` the virtual clock.

A host that serves several contracts is one Surface made of several modules: vendors/meta/__init__.py joins the routes
of its events, its counts and its insights, each `routes(...) -> tuple[Route, ...]` beside it; the envelope is shared.

Rule ids are `<vendor>.<section>.<what>`, for example `meta.B3.event-time-too-old`; each has its row in rules.csv.
"""
