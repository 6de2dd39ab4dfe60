//! The program: arguments in, one call of the library, text out.

pub mod render;
