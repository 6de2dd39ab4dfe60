//! The way from a run to what shows it: a thread, so that an output that is not taken (a terminal at Ctrl-S, a slow
//! pipe) holds up neither builds nor signals.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::event::{Event, Sink};
use super::process::Log;

/// Where events are put in.
#[derive(Clone)]
pub(super) struct Teller(Sender<Word>);

/// Where they come out.
pub(super) struct Listener(Receiver<Word>);

enum Word {
    Event(Event),
    /// A log has grown. At most one of a log is on the way, however slow the listener is.
    Grown {
        service: String,
        attempt: u32,
        log: Log,
    },
}

/// Returns both ends.
pub(super) fn pair() -> (Teller, Listener) {
    let (sender, receiver) = channel();
    (Teller(sender), Listener(receiver))
}

impl Teller {
    pub(super) fn event(&self, event: Event) {
        // Without a listener nobody wants to know.
        let _ = self.0.send(Word::Event(event));
    }

    pub(super) fn grown(&self, service: &str, attempt: u32, log: &Log) {
        let _ = self.0.send(Word::Grown { service: service.to_owned(), attempt, log: log.clone() });
    }
}

impl Listener {
    /// Hands all events on; returns when all tellers are gone or the run has ended.
    pub(super) fn listen(self, mut sink: impl Sink) {
        for word in self.0 {
            let event = match word {
                Word::Event(event) => event,
                Word::Grown { service, attempt, log } => {
                    let length = log.length();
                    Event::Output { service, attempt, log: log.path().to_owned(), length }
                }
            };
            sink.event(&event);
            if matches!(event, Event::Ended { .. }) {
                break;
            }
        }
    }
}
