use std::fmt;

/// The CI engines whose events rebake can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Engine {
    /// Forgejo Actions, which sets the variables of GitHub and of Gitea too.
    Forgejo,
    /// Gitea Actions, which sets the variables of GitHub too.
    Gitea,
    /// GitHub Actions.
    GitHub,
    /// GitLab CI/CD.
    GitLab,
    /// Buildkite.
    Buildkite,
    /// CircleCI.
    CircleCi,
    /// Azure Pipelines.
    Azure,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Jenkins.
    Jenkins,
    /// `CodeBuild` of AWS.
    CodeBuild,
    /// Google Cloud Build.
    CloudBuild,
}

impl Engine {
    /// Every engine, in the order of detection: an engine that imitates another one comes before it.
    pub const ALL: [Self; 11] = [
        Self::Forgejo,
        Self::Gitea,
        Self::GitHub,
        Self::GitLab,
        Self::Buildkite,
        Self::CircleCi,
        Self::Azure,
        Self::Bitbucket,
        Self::Jenkins,
        Self::CodeBuild,
        Self::CloudBuild,
    ];

    /// Returns the engine's name for display.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Forgejo => "Forgejo Actions",
            Self::Gitea => "Gitea Actions",
            Self::GitHub => "GitHub Actions",
            Self::GitLab => "GitLab",
            Self::Buildkite => "Buildkite",
            Self::CircleCi => "CircleCI",
            Self::Azure => "Azure Pipelines",
            Self::Bitbucket => "Bitbucket Pipelines",
            Self::Jenkins => "Jenkins",
            Self::CodeBuild => "AWS CodeBuild",
            Self::CloudBuild => "Google Cloud Build",
        }
    }

    /// Returns the variable that identifies the engine.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Forgejo => "FORGEJO_ACTIONS",
            Self::Gitea => "GITEA_ACTIONS",
            Self::GitHub => "GITHUB_ACTIONS",
            Self::GitLab => "GITLAB_CI",
            Self::Buildkite => "BUILDKITE",
            Self::CircleCi => "CIRCLECI",
            Self::Azure => "TF_BUILD",
            Self::Bitbucket => "BITBUCKET_BUILD_NUMBER",
            Self::Jenkins => "JENKINS_URL",
            Self::CodeBuild => "CODEBUILD_BUILD_ARN",
            Self::CloudBuild => "BUILDER_OUTPUT",
        }
    }

    /// Returns the engine of this run, by the variables that are set; `None` if the run is in no known engine.
    pub(super) fn detect(variable: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| variable(engine.sign()).is_some())
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
