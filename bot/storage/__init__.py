"""Tables, transactions, the outbox, the chained record, sessions of talks. Knows no rule of reports or meetings."""
