//! Names that people and other programs read or write: outputs of steps, variables, fields of a matrix.

/// Declares an enum of names. Each variant has its name, and a doc comment that is also its line in the reference. So no
/// name can be written without a line in the reference.
macro_rules! published_names {
    (
        $(#[$meta:meta])*
        pub enum $enum:ident {
            $($(#[doc = $meaning:literal])+ $variant:ident = $name:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $enum {
            $($(#[doc = $meaning])+ $variant,)+
        }

        impl $enum {
            /// Every variant, in the order of the reference.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Returns the line of the reference, in Markdown. Blanks at its beginning have no meaning.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($meaning),+),)+
                }
            }
        }
    };
}
pub(crate) use published_names;
