use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Service;
use crate::config::problems::Problems;
use crate::config::read::{Field, Named, Read, entries};
use crate::config::yaml::View;

/// The services by name. A service takes up some kilobytes, so it is boxed.
#[derive(Debug, Clone, Default)]
pub(in crate::config) struct Services(pub(in crate::config) IndexMap<String, Named<Box<Service>>>);

impl Read for Services {
    fn read(view: View<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut services = IndexMap::new();
        for (key, value) in entries(view, problems)? {
            let service = if value.is_null() {
                Service::default()
            } else {
                // A service that cannot be read is kept, since other services may depend on it.
                let broken = || Service { path: Field::Broken, filters: Field::Broken, ..Service::default() };
                Service::read(value, problems).unwrap_or_else(broken)
            };
            let service = Named { name: key.locate(()), value: value.locate(Box::new(service)) };
            services.insert(key.text().to_owned(), service);
        }
        Some(Self(services))
    }
}

impl JsonSchema for Services {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Services".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let service = generator.subschema_for::<Option<Service>>();
        schemars::json_schema!({
            "type": "object",
            "propertyNames": { "pattern": "^[A-Za-z0-9][A-Za-z0-9._/@-]*$" },
            "additionalProperties": service,
        })
    }
}
