use crate::config::raw;
use crate::config::read::{Field, List, Map};
use crate::model::diagnostic::Located;

/// The places in filters.yaml of the keys that say how a service is built, and of the items in these keys' lists and
/// mappings.
#[derive(Debug, Clone, Default)]
pub struct KeyPlaces(Vec<KeyPlace>);

#[derive(Debug, Clone)]
struct KeyPlace {
    key: &'static str,
    /// The text of a list's item, or the key of a mapping's entry; `None` if `place` is the place of the whole value.
    item: Option<String>,
    place: Located<()>,
}

impl KeyPlaces {
    pub(super) fn of(raw: &raw::Service) -> Self {
        let mut places = Self::default();
        places.whole("builder", &raw.builder);
        places.whole("run", &raw.run);
        places.whole("before", &raw.before);
        places.whole("path", &raw.path);
        places.whole("filters", &raw.filters);
        places.whole("dockerfile", &raw.dockerfile);
        places.whole("context", &raw.context);
        places.whole("lockfile", &raw.lockfile);
        places.list("flags", &raw.flags, |flag| &flag.0);
        places.list("secrets", &raw.secrets, |secret| &secret.0);
        places.list("cache_from", &raw.cache_from, |text| &text.0);
        places.list("cache_to", &raw.cache_to, |text| &text.0);
        places.list("attest", &raw.attest, |text| &text.0);
        places.whole("labels", &raw.labels);
        places.map("labels", raw.labels.value());
        places.whole("build_args", &raw.build_args);
        places.map("build_args", raw.build_args.value().map(|arguments| &arguments.0));
        places.whole("contexts", &raw.contexts);
        places.map("contexts", raw.contexts.value().map(|contexts| &contexts.0));
        // Most services have one or two such keys.
        places.0.shrink_to_fit();
        places
    }

    /// Returns the place of an item within a key's list or mapping, or the place of the key's whole value if there is
    /// no such item; `None` if the service does not have the key.
    #[must_use]
    pub fn find(&self, key: &str, item: &str) -> Option<&Located<()>> {
        let of_key = || self.0.iter().filter(|place| place.key == key);
        let found = of_key().find(|place| place.item.as_deref() == Some(item)).or_else(|| of_key().next());
        found.map(|found| &found.place)
    }

    fn whole<T>(&mut self, key: &'static str, field: &Field<T>) {
        self.0.extend(field.given().map(|given| KeyPlace { key, item: None, place: given.as_ref().map(|_| ()) }));
    }

    fn list<T>(&mut self, key: &'static str, field: &Field<List<T>>, text: impl Fn(&T) -> &String) {
        self.whole(key, field);
        self.0.extend(field.value().into_iter().flat_map(|list| &list.0).map(|item| KeyPlace {
            key,
            item: Some(text(&item.value).clone()),
            place: item.as_ref().map(|_| ()),
        }));
    }

    fn map<T>(&mut self, key: &'static str, map: Option<&Map<T>>) {
        self.0.extend(map.into_iter().flat_map(|map| &map.0).map(|(name, named)| KeyPlace {
            key,
            item: Some(name.clone()),
            place: named.value.as_ref().map(|_| ()),
        }));
    }
}
