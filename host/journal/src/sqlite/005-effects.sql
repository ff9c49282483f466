-- Calls that have left runs are counted by their times when a host begins.
CREATE INDEX event_of_effect ON event (at) WHERE kind = 'effect';
