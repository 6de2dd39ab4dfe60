//! The channel of events from a run to the thread that shows it, so that a blocked output (a terminal at Ctrl-S, a slow
//! pipe) delays neither builds nor signals.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::process::Log;
use super::run_event::{RunEvent, Sink};

/// How long a run that is about to be suspended waits for the display, whose output may be blocked.
const PATIENCE: Duration = Duration::from_millis(100);

/// The sender of events.
#[derive(Clone)]
pub(super) struct EventSender(Sender<ChannelMessage>);

/// The receiver of events.
pub(super) struct EventReceiver(Receiver<ChannelMessage>);

enum ChannelMessage {
    Event(Box<RunEvent>),
    /// The run is about to be suspended. The receiver answers once all earlier events are shown, and the sender waits
    /// for the answer.
    Suspended(Sender<()>),
    /// A log has grown. At most one such message per log is in the channel, however slow the receiver is.
    Grown {
        service: String,
        attempt: u32,
        log: Log,
    },
}

/// Returns both ends of a new channel.
pub(super) fn pair() -> (EventSender, EventReceiver) {
    let (sender, receiver) = channel();
    (EventSender(sender), EventReceiver(receiver))
}

impl EventSender {
    pub(super) fn send(&self, event: RunEvent) {
        // Without a receiver, nothing shows events any more.
        let _ = self.0.send(ChannelMessage::Event(Box::new(event)));
    }

    /// Announces that the run is about to be suspended (Ctrl-Z), and waits briefly until the display has stopped
    /// writing: from then on the terminal belongs to other programs.
    pub(super) fn suspended(&self) {
        let (seen, wait) = channel();
        let _ = self.0.send(ChannelMessage::Suspended(seen));
        let _ = wait.recv_timeout(PATIENCE);
    }

    pub(super) fn grown(&self, service: &str, attempt: u32, log: &Log) {
        let _ = self.0.send(ChannelMessage::Grown { service: service.to_owned(), attempt, log: log.clone() });
    }
}

impl EventReceiver {
    /// Passes all events to the sink. Returns when all senders are dropped or the run has ended.
    pub(super) fn listen(self, mut sink: impl Sink) {
        let mut tick_at = sink.every().map(|every| Instant::now() + every);
        loop {
            match self.next(tick_at) {
                Ok(ChannelMessage::Event(event)) => {
                    sink.event(&event);
                    if matches!(*event, RunEvent::Ended { .. }) {
                        return;
                    }
                }
                Ok(ChannelMessage::Suspended(seen)) => {
                    sink.event(&RunEvent::Suspended);
                    let _ = seen.send(());
                }
                Ok(ChannelMessage::Grown { service, attempt, log }) => {
                    let length = log.length();
                    sink.event(&RunEvent::Output { service, attempt, log: log.path().to_owned(), length });
                }
                Err(RecvTimeoutError::Timeout) => {
                    sink.tick();
                    tick_at = sink.every().map(|every| Instant::now() + every);
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Waits for a message, or until a tick is due. Ticks are not delayed by many messages.
    fn next(&self, tick_at: Option<Instant>) -> Result<ChannelMessage, RecvTimeoutError> {
        let Some(tick_at) = tick_at else { return self.0.recv().map_err(RecvTimeoutError::from) };
        let patience = tick_at.saturating_duration_since(Instant::now());
        if patience.is_zero() {
            return Err(RecvTimeoutError::Timeout);
        }
        self.0.recv_timeout(patience)
    }
}
