//! Detects whether the program runs in CI, even on engines whose events rebake cannot read.
//!
//! The vendors and the variables that identify them are taken from the npm package ci-info.

use std::fmt;

/// A sign that the program runs in CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CiSign {
    /// A variable that CI engines set; this is its name.
    Variable(&'static str),
    /// The variables of a CI engine; this is the name of the engine.
    Vendor(&'static str),
    /// The run is unattended: there is no terminal, `HEAD` is detached, and no range is given.
    Unattended,
}

/// A condition on variables that identifies an engine.
enum Mark {
    /// All of these variables are set.
    All(&'static [&'static str]),
    /// Any of these variables is set.
    Any(&'static [&'static str]),
    /// The variable has this value.
    Is(&'static str, &'static str),
    /// The value of the variable contains this text.
    Has(&'static str, &'static str),
}

/// The values of the variable `CI` outside of CI, in upper or lower case.
const NO: [&str; 3] = ["0", "false", "no"];

const VENDORS: &[(&str, Mark)] = &[
    ("Agola CI", Mark::All(&["AGOLA_GIT_REF"])),
    ("Alpic", Mark::All(&["ALPIC_HOST"])),
    ("Appcircle", Mark::All(&["AC_APPCIRCLE"])),
    ("AppVeyor", Mark::All(&["APPVEYOR"])),
    ("AWS CodeBuild", Mark::All(&["CODEBUILD_BUILD_ARN"])),
    ("Azure Pipelines", Mark::All(&["TF_BUILD"])),
    ("Bamboo", Mark::All(&["bamboo_planKey"])),
    ("Bitbucket Pipelines", Mark::All(&["BITBUCKET_COMMIT"])),
    ("Bitrise", Mark::All(&["BITRISE_IO"])),
    ("Buddy", Mark::All(&["BUDDY_WORKSPACE_ID"])),
    ("Buildkite", Mark::All(&["BUILDKITE"])),
    ("Capawesome Cloud", Mark::All(&["CAPAWESOME_CLOUD"])),
    ("CircleCI", Mark::All(&["CIRCLECI"])),
    ("Cirrus CI", Mark::All(&["CIRRUS_CI"])),
    ("Cloudflare Pages", Mark::All(&["CF_PAGES"])),
    ("Cloudflare Workers", Mark::All(&["WORKERS_CI"])),
    ("Codefresh", Mark::All(&["CF_BUILD_ID"])),
    ("Codemagic", Mark::All(&["CM_BUILD_ID"])),
    ("Codeship", Mark::Is("CI_NAME", "codeship")),
    ("Drone", Mark::All(&["DRONE"])),
    ("dsari", Mark::All(&["DSARI"])),
    ("Earthly", Mark::All(&["EARTHLY_CI"])),
    ("Expo Application Services", Mark::All(&["EAS_BUILD"])),
    ("Gerrit", Mark::All(&["GERRIT_PROJECT"])),
    ("Gitea Actions", Mark::All(&["GITEA_ACTIONS"])),
    ("GitHub Actions", Mark::All(&["GITHUB_ACTIONS"])),
    ("GitLab CI", Mark::All(&["GITLAB_CI"])),
    ("GoCD", Mark::All(&["GO_PIPELINE_LABEL"])),
    ("Google Cloud Build", Mark::All(&["BUILDER_OUTPUT"])),
    ("Harness CI", Mark::All(&["HARNESS_BUILD_ID"])),
    ("Heroku", Mark::Has("NODE", "/app/.heroku/node/bin/node")),
    ("Hudson", Mark::All(&["HUDSON_URL"])),
    ("Jenkins", Mark::All(&["JENKINS_URL", "BUILD_ID"])),
    ("LayerCI", Mark::All(&["LAYERCI"])),
    ("Magnum CI", Mark::All(&["MAGNUM"])),
    ("Netlify CI", Mark::All(&["NETLIFY"])),
    ("Nevercode", Mark::All(&["NEVERCODE"])),
    ("Prow", Mark::All(&["PROW_JOB_ID"])),
    ("ReleaseHub", Mark::All(&["RELEASE_BUILD_ID"])),
    ("Render", Mark::All(&["RENDER"])),
    ("RWX", Mark::All(&["RWX"])),
    ("Sail CI", Mark::All(&["SAILCI"])),
    ("Screwdriver", Mark::All(&["SCREWDRIVER"])),
    ("Semaphore", Mark::All(&["SEMAPHORE"])),
    ("Sourcehut", Mark::Is("CI_NAME", "sourcehut")),
    ("Strider CD", Mark::All(&["STRIDER"])),
    ("TaskCluster", Mark::All(&["TASK_ID", "RUN_ID"])),
    ("TeamCity", Mark::All(&["TEAMCITY_VERSION"])),
    ("Travis CI", Mark::All(&["TRAVIS"])),
    ("Vela", Mark::All(&["VELA"])),
    ("Vercel", Mark::Any(&["NOW_BUILDER", "VERCEL"])),
    ("Visual Studio App Center", Mark::All(&["APPCENTER_BUILD_ID"])),
    ("Woodpecker", Mark::Is("CI", "woodpecker")),
    ("Xcode Cloud", Mark::All(&["CI_XCODE_PROJECT"])),
    ("Xcode Server", Mark::All(&["XCS"])),
];

impl CiSign {
    /// Returns the sign of CI in the variables of a run, or `None` outside of CI.
    pub(super) fn of(variable: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let vendor = VENDORS.iter().find(|(_, mark)| mark.is_met(variable)).map(|(name, _)| Self::Vendor(name));
        let says_so = |value: String| !NO.iter().any(|no| value.eq_ignore_ascii_case(no));
        vendor.or_else(|| {
            variable("CI").filter(|value| !value.is_empty()).is_some_and(says_so).then_some(Self::Variable("CI"))
        })
    }
}

impl Mark {
    fn is_met(&self, variable: &dyn Fn(&str) -> Option<String>) -> bool {
        let value = |name: &str| variable(name).filter(|value| !value.is_empty());
        match self {
            Self::All(names) => names.iter().all(|name| value(name).is_some()),
            Self::Any(names) => names.iter().any(|name| value(name).is_some()),
            Self::Is(name, text) => value(name).is_some_and(|value| value == *text),
            Self::Has(name, text) => value(name).is_some_and(|value| value.contains(text)),
        }
    }
}

impl fmt::Display for CiSign {
    /// Writes a sentence without a full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "{name} is set"),
            Self::Vendor(name) => write!(f, "the variables of {name} are set"),
            Self::Unattended => f.write_str("there is no terminal, and HEAD is no branch"),
        }
    }
}
