"""The demo's tenant files describe the shops that the simulated world is made of."""

from pathlib import Path

import pytest

from include.tenants.reading import read_tenant_files
from sandbox.world.profiles import DEMO_SHOPS
from sandbox.world.shop import ShopProfile

FILES = {tenant.slug: tenant for tenant in read_tenant_files(Path(__file__).resolve().parents[3] / "tenants")}


def test_every_demo_shop_has_a_file_and_no_other_tenant_is_committed() -> None:
    assert set(FILES) == {shop.slug for shop in DEMO_SHOPS}


@pytest.mark.parametrize("shop", DEMO_SHOPS, ids=lambda shop: shop.slug)
def test_a_demo_shops_file_has_its_zone_currency_and_ad_accounts(shop: ShopProfile) -> None:
    file = FILES[shop.slug]
    assert (file.name, file.timezone, file.currency) == (shop.name, shop.timezone, shop.currency)
    assert [(one.platform, one.account_id, one.currency, one.timezone) for one in file.ad_accounts] == [
        (one.platform, one.account_id, one.currency, one.timezone) for one in shop.accounts
    ]
