use std::collections::BTreeSet;

use super::hash::letters;

/// The values on which an image depends besides the content of its service: values that its build can see, such as the
/// version, the commit and the environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Binding(BTreeSet<[String; 3]>);

/// How many characters of the digest a suffix has: 65 bits.
const LENGTH: usize = 13;

impl Binding {
    /// Adds a value, with its kind and its name.
    pub fn add(&mut self, kind: &str, name: &str, value: &str) {
        self.0.insert([kind, name, value].map(str::to_owned));
    }

    /// Returns a digest of the values as text; `None` if there are no values. Equal values give equal text.
    #[must_use]
    pub fn suffix(&self) -> Option<String> {
        let mut bytes = Vec::new();
        for word in self.0.iter().flatten() {
            bytes.extend_from_slice(&(word.len() as u64).to_be_bytes());
            bytes.extend_from_slice(word.as_bytes());
        }
        (!self.0.is_empty()).then(|| letters(&bytes, LENGTH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_values_are_other_letters() {
        let suffix = |values: &[[&str; 3]]| {
            let mut binding = Binding::default();
            for [kind, name, value] in values {
                binding.add(kind, name, value);
            }
            binding.suffix()
        };
        assert_eq!(suffix(&[]), None);
        let one = suffix(&[["version", "", "1.0"]]).unwrap();
        assert_eq!(one.len(), 13);
        let both = [["version", "", "1.0"], ["environment", "", "staging"]];
        let turned = [both[1], both[0]];
        assert_eq!(suffix(&both), suffix(&turned));
        // These letters must not change: registries keep images with such names.
        assert_eq!([one.as_str(), &suffix(&both).unwrap()], ["wnfzhui6qgz6v", "2of67iukg5u5v"]);
        let others = [
            one,
            suffix(&both).unwrap(),
            suffix(&[["version", "", "1.1"]]).unwrap(),
            suffix(&[["version", "1", ".0"]]).unwrap(),
            suffix(&[["versio", "n", "1.0"]]).unwrap(),
        ];
        assert_eq!(others.iter().collect::<BTreeSet<_>>().len(), others.len(), "{others:?}");
    }
}
