drop table if exists goods_events
