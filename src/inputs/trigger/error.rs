use super::Engine;

/// An event that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TriggerError {
    /// A variable that the engine always sets is missing.
    #[error(
        "{variable} is not set, although {} says that this is {engine}; pass the engine's variables on to \
         rebake",
        engine.sign()
    )]
    Missing {
        /// The engine.
        engine: Engine,
        /// The variable that is missing.
        variable: &'static str,
    },
    /// The event file is not JSON.
    #[error("the event file of {engine} is not JSON: {reason}")]
    NotJson {
        /// The engine.
        engine: Engine,
        /// The message of the JSON parser.
        reason: String,
    },
}
