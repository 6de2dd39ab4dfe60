//! The program `rebake`.

fn main() {}
