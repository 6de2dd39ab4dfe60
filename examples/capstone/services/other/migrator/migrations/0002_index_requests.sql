CREATE INDEX requests_by_time ON requests (asked_at);
