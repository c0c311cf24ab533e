//! Which tab hosts the database: a state machine of events and effects.
