/// A rule that filters have to keep. The id of a rule, such as `R001`, never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckRule {
    /// A pattern matches no file.
    DeadPattern,
    /// A Dockerfile copies files that nothing covers.
    UncoveredCopy,
    /// A Dockerfile or its ignore file is not covered.
    UncoveredDockerfile,
    /// An image is built from another service's image, and the filters do not list that service.
    UnlistedImage,
    /// A package needs another package of the repository, and the filters do not list it.
    UnlistedPackage,
    /// The lockfile or the root manifest of a workspace is not covered.
    UncoveredLockfile,
    /// The workflow that builds a service is not covered.
    UncoveredWorkflow,
    /// A tracked file belongs to no service or filter.
    UnownedFile,
    /// A `!` widens a filter in place of narrowing it.
    WideningNegation,
    /// A pattern names a directory, but everything in the directory was meant.
    BareDirectory,
    /// The tags that start a workflow are never those of a release.
    UnmatchedTag,
    /// Two services push one image under one tag.
    SharedTag,
    /// A workflow does not start for a path that its filters match.
    UnstartedWorkflow,
    /// No job reads a filter, or a job reads an output that no filter makes.
    UnreadFilter,
    /// A symbolic link leads to a file that nothing covers.
    UncoveredLink,
    /// A build was observed to read a file that nothing covers.
    UncoveredRead,
    /// A build reads a file that its service excludes.
    ExcludedCopy,
}

impl CheckRule {
    /// All rules, in the order of their ids.
    pub const ALL: [Self; 17] = [
        Self::DeadPattern,
        Self::UncoveredCopy,
        Self::UncoveredDockerfile,
        Self::UnlistedImage,
        Self::UnlistedPackage,
        Self::UncoveredLockfile,
        Self::UncoveredWorkflow,
        Self::UnownedFile,
        Self::WideningNegation,
        Self::BareDirectory,
        Self::UnmatchedTag,
        Self::SharedTag,
        Self::UnstartedWorkflow,
        Self::UnreadFilter,
        Self::UncoveredLink,
        Self::UncoveredRead,
        Self::ExcludedCopy,
    ];

    /// Returns its id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::DeadPattern => "R001",
            Self::UncoveredCopy => "R002",
            Self::UncoveredDockerfile => "R003",
            Self::UnlistedImage => "R004",
            Self::UnlistedPackage => "R005",
            Self::UncoveredLockfile => "R006",
            Self::UncoveredWorkflow => "R007",
            Self::UnownedFile => "R008",
            Self::WideningNegation => "R009",
            Self::BareDirectory => "R010",
            Self::UnmatchedTag => "R011",
            Self::SharedTag => "R012",
            Self::UnstartedWorkflow => "R013",
            Self::UnreadFilter => "R014",
            Self::UncoveredLink => "R015",
            Self::UncoveredRead => "R016",
            Self::ExcludedCopy => "R017",
        }
    }

    /// Returns a short description of what is wrong if the rule is broken.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::DeadPattern => "a pattern matches no tracked file",
            Self::UncoveredCopy => "a Dockerfile copies what nothing covers",
            Self::UncoveredDockerfile => "a Dockerfile or its ignore file is not covered",
            Self::UnlistedImage => "an image stands on another service's image, and nothing says so",
            Self::UnlistedPackage => "a package needs another one of the repository, and nothing says so",
            Self::UncoveredLockfile => "a lockfile or root manifest is not covered",
            Self::UncoveredWorkflow => "the workflow that builds a service is not covered",
            Self::UnownedFile => "a tracked file belongs to nothing",
            Self::WideningNegation => "a `!` widens a filter in place of narrowing it",
            Self::BareDirectory => "a directory stands where everything in it was meant",
            Self::UnmatchedTag => "the tags that start a workflow are never those of a release",
            Self::SharedTag => "two services push one image under one tag",
            Self::UnstartedWorkflow => "a workflow does not start for a path that its filters match",
            Self::UnreadFilter => "no job reads a filter, or a job reads an output that no filter makes",
            Self::UncoveredLink => "a symbolic link leads to what nothing covers",
            Self::UncoveredRead => "a build was seen to read what nothing covers",
            Self::ExcludedCopy => "a build reads what its service excludes",
        }
    }

    /// Returns the rule with this id, in upper or lower case.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.id().eq_ignore_ascii_case(id))
    }
}
