//! What hostile repositories hold.
