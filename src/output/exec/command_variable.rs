use crate::model::published_name::published_names;

published_names! {
    /// A variable that the commands of a build get.
    pub enum CommandVariable {
        /// The name of the service.
        Service = "REBAKE_SERVICE",
        /// Its path, or `.` if it has none.
        Path = "REBAKE_PATH",
        /// Its version.
        Version = "REBAKE_VERSION",
        /// Its image, without a tag.
        Image = "REBAKE_IMAGE",
        /// The tags to push, with the image before them, a line each.
        Tags = "REBAKE_TAGS",
        /// The reference by which the image is found again; empty if this run may not write it.
        ContentTag = "REBAKE_CONTENT_TAG",
        /// The labels of its image, `key=value`, a line each.
        Labels = "REBAKE_LABELS",
        /// The platforms of its image, with commas between.
        Platforms = "REBAKE_PLATFORMS",
        /// The environment.
        Environment = "REBAKE_ENVIRONMENT",
        /// `true` if the image is to be pushed, else `false`.
        Push = "REBAKE_PUSH",
        /// The commit that is built.
        Commit = "REBAKE_COMMIT",
        /// The commit that it is compared with.
        Base = "REBAKE_BASE",
        /// The hash of all that affects the build.
        Fingerprint = "REBAKE_FINGERPRINT",
        /// The images of its dependencies, as JSON.
        Needs = "REBAKE_NEEDS",
        /// A file for the line `digest=sha256:…`.
        Output = "REBAKE_OUTPUT",
        /// A mark of the processes of the build. Pass it on unchanged.
        BuildId = "REBAKE_BUILD_ID",
        /// The jobserver of the run, with which a `make` without `-j` shares its jobs.
        Makeflags = "MAKEFLAGS",
        /// The same, for older versions of make.
        Mflags = "MFLAGS",
        /// The same, for cargo.
        CargoMakeflags = "CARGO_MAKEFLAGS",
        /// The time of the commit, in seconds since 1970, unless `env` sets another one.
        SourceDateEpoch = "SOURCE_DATE_EPOCH",
    }
}
