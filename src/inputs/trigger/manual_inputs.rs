use super::facts::{Fact, Facts};
use crate::model::published_name::published_names;

published_names! {
    /// A variable with an input of a manual run, on engines without inputs.
    pub enum InputVariable {
        /// The services of a run by hand: names or paths, with commas between, or `all`.
        Service = "REBAKE_INPUT_SERVICE",
        /// The same.
        Services = "REBAKE_INPUT_SERVICES",
        /// The version of a run by hand.
        Version = "REBAKE_INPUT_VERSION",
    }
}

const SERVICES: &[Fact] = &[
    Fact::Event("/inputs/service"),
    Fact::Event("/inputs/services"),
    Fact::Event("/client_payload/service"),
    Fact::Event("/client_payload/services"),
    Fact::Variable(InputVariable::Service.name()),
    Fact::Variable(InputVariable::Services.name()),
];

const VERSION: Fact = Fact::AnyOf(&[
    Fact::Event("/inputs/version"),
    Fact::Event("/client_payload/version"),
    Fact::Variable(InputVariable::Version.name()),
]);

/// The inputs of a manual run.
///
/// On GitHub, these are the inputs `service`, `services` and `version` of a `workflow_dispatch`, or the keys with these
/// names in the payload of a `repository_dispatch`. On every engine, the variables `REBAKE_INPUT_SERVICE`,
/// `REBAKE_INPUT_SERVICES` and `REBAKE_INPUT_VERSION` are inputs too. (`REBAKE_SERVICE` and `REBAKE_VERSION` are other
/// variables, which the commands of a build get. If rebake read them as inputs, a plan that is made inside of a build
/// would be too narrow.)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ManualInputs {
    /// The services, by name or path; several are separated by commas or white space.
    pub services: Vec<String>,
    /// The version to use in place of the computed one.
    pub version: Option<String>,
}

impl ManualInputs {
    pub(super) fn read(facts: &Facts) -> Self {
        let names = SERVICES.iter().filter_map(|fact| facts.text(*fact)).collect::<Vec<_>>();
        let names = names.iter().flat_map(|names| names.split(|letter: char| letter == ',' || letter.is_whitespace()));
        Self {
            services: names.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            version: facts.text(VERSION),
        }
    }
}

/// Whether the inputs name services to build.
pub(super) fn names_services(facts: &Facts) -> bool {
    !ManualInputs::read(facts).services.is_empty()
}
