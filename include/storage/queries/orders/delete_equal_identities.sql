delete from identity_changes
where customer_before is not distinct from customer_after
