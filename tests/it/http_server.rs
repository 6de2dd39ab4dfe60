//! A server on the loopback that answers as a test wants it to.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// An answer, byte for byte.
pub(crate) type Answer = Vec<u8>;

/// Returns an answer with a status and headers, each with its line break.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Answer {
    format!("HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

/// A server that answers as it is told, for as long as it lives.
pub(crate) struct StandIn {
    /// Its host and port.
    pub(crate) host: String,
    asked: Arc<Mutex<Vec<Request>>>,
    most: Arc<AtomicUsize>,
}

impl StandIn {
    /// Answers each request by a function. An answer to HEAD loses its body on the way.
    pub(crate) fn serve(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let host = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
        let stand_in = Self { host, asked: Arc::default(), most: Arc::default() };
        let (asked, most, answer) = (Arc::clone(&stand_in.asked), Arc::clone(&stand_in.most), Arc::new(answer));
        let now = Arc::new(AtomicUsize::new(0));
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (asked, most) = (Arc::clone(&asked), Arc::clone(&most));
                let (answer, now) = (Arc::clone(&answer), Arc::clone(&now));
                std::thread::spawn(move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let request = read(&stream);
                    asked.lock().unwrap().push(request.clone());
                    let mut bytes = answer(&request);
                    if request.method == "HEAD"
                        && let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n")
                    {
                        bytes.truncate(end + 4);
                    }
                    now.fetch_sub(1, Ordering::SeqCst);
                    let _ = (&stream).write_all(&bytes);
                });
            }
        });
        stand_in
    }

    /// Begins each answer at once, and goes on with a byte now and then, for as long as somebody listens; returns its
    /// host and port. An answer to HEAD ends with its head.
    pub(crate) fn drip(beginning: String) -> String {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let host = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let beginning = beginning.clone();
                std::thread::spawn(move || {
                    let request = read(&stream);
                    let is_whole = request.method == "HEAD" && beginning.ends_with("\r\n\r\n");
                    let mut alive = stream.write_all(beginning.as_bytes()).is_ok() && !is_whole;
                    while alive {
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        alive = stream.write_all(b"x").is_ok();
                    }
                });
            }
        });
        host
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// How many requests it had at once, at most.
    pub(crate) fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

/// Reads a request.
pub(crate) fn read(stream: impl Read) -> Request {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        let _ = reader.read_line(&mut line);
        line.trim_end().to_owned()
    };
    let first = line();
    let mut words = first.split(' ').map(str::to_owned);
    let mut request = Request {
        method: words.next().unwrap_or_default(),
        path: words.next().unwrap_or_default(),
        ..Request::default()
    };
    while let Some((name, value)) = line().split_once(": ") {
        request.headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.body = body;
    request
}
