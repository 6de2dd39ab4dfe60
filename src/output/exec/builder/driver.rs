use std::process::{Command, Stdio};

/// Which images a builder of docker buildx can use besides those in registries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Driver {
    /// Images in docker's engine: the builder is the engine's own.
    #[default]
    Engine,
    /// No other images: the builder runs in a container, in Kubernetes, or on another machine.
    Apart,
}

impl Driver {
    /// Asks buildx for the driver of a builder, or of the default builder if `buildx` is `None`. If buildx does not
    /// answer, the result is [`Driver::Engine`], and the builds will report the problem.
    #[must_use]
    pub fn of(buildx: Option<&str>) -> Self {
        let mut command = Command::new("docker");
        command.args(["buildx", "inspect"]).args(buildx).stdin(Stdio::null()).stderr(Stdio::null());
        let said = command.output().map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        said.map_or(Self::Engine, |said| Self::read(&said))
    }

    fn read(said: &str) -> Self {
        let driver = said.lines().find_map(|line| line.strip_prefix("Driver:")).map(str::trim);
        if driver.is_none_or(|driver| driver == "docker") { Self::Engine } else { Self::Apart }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_driver_is_told_by_buildx() {
        assert_eq!(Driver::read("Name:   default\nDriver: docker\n\nNodes:\nName: x\n"), Driver::Engine);
        assert_eq!(Driver::read("Name:   farm\nDriver: docker-container\n"), Driver::Apart);
        assert_eq!(Driver::read("Name:   farm\nDriver:        kubernetes\n"), Driver::Apart);
        assert_eq!(Driver::read(""), Driver::Engine);
    }
}
