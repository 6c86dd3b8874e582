"""Job messages become alerts: slots, producers, rules, events, and the durable pipeline."""
