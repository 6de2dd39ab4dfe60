//! Finds the files that a Dockerfile copies, for services whose build context is not within their own directory.
//!
//! Only the Dockerfile at head is read. If it copied other files at a base, the Dockerfile itself has changed since,
//! which affects the service.

use std::collections::BTreeSet;

use crate::config::{Config, Copied, Service, copied_patterns};
use crate::inputs::git::{GitError, Repository};
use crate::inputs::source::docker::{
    BuildRequest, ContextEntry, ContextFiles, ContextReads, Dockerfile, RefusedDockerfile,
};
use crate::model::diagnostic::{Diagnostic, Located, SourceFile, Span};
use crate::model::name::{CommitId, Escaped, RepoDir, RepoPath, ServiceId};
use crate::model::recipe::Builder;
use crate::model::tree::{Listing, Mode, Region};

/// A Dockerfile with this many bytes or more counts as one that cannot be read.
const MOST: usize = 1 << 20;

/// Adds inputs to the services whose build context is not within their own directory: the files that their Dockerfiles
/// copy. The Dockerfiles are those of the commit `at`, or without a commit, those of the work tree. If it is not known
/// which files a Dockerfile copies, the whole context is an input, and a warning says why.
///
/// # Errors
/// When the commit, one of its trees or a Dockerfile cannot be read.
pub fn with_copied(
    repository: &Repository,
    config: Config,
    at: Option<&CommitId>,
) -> Result<(Config, Vec<Diagnostic>), GitError> {
    let wide = |service: &ServiceId| config.services[service.0].wide_context.is_some();
    let services: Vec<ServiceId> = config.graph.services().filter(wide).collect();
    if services.is_empty() {
        return Ok((config.with_lockfiles(), Vec::new()));
    }
    let head = repository.head()?.commit().copied();
    let mut reader = Reader { repository, at, head: at.or(head.as_ref()), listing: None };
    let (mut copied, mut warnings) = (Vec::new(), Vec::new());
    for id in services {
        let service = &config.services[id.0];
        let Some(context) = &service.wide_context else { continue };
        match reader.read(service, context)? {
            Ok((patterns, paths)) => copied.push(Copied { service: id, patterns: Some(patterns), paths }),
            Err(reason) => {
                copied.push(Copied { service: id, patterns: None, paths: Vec::new() });
                warnings.push(warning(&config, service, context, reason));
            }
        }
    }
    Ok((config.with_copied(copied).with_lockfiles(), warnings))
}

/// Why a whole context is an input: the reason in words, and the position in the Dockerfile that shows the reason, if
/// there is one.
struct Reason {
    message: String,
    place: Option<(SourceFile, Span)>,
}

/// Patterns for the copied files, and the copied paths that have no wildcards.
type Known = (Vec<String>, Vec<RepoPath>);

struct Reader<'a> {
    repository: &'a Repository,
    at: Option<&'a CommitId>,
    head: Option<&'a CommitId>,
    /// All files of the commit; `None` if they did not have to be listed yet.
    listing: Option<Listing>,
}

impl Reader<'_> {
    fn read(&mut self, service: &Service, context: &Located<RepoDir>) -> Result<Result<Known, Reason>, GitError> {
        let Some(file) = self.dockerfile(service)? else {
            let message = "it has no Dockerfile that can be read".to_owned();
            return Ok(Err(Reason { message, place: None }));
        };
        let at = |message: String, span: Span| Reason { message, place: Some((file.clone(), span)) };
        let reads = match Dockerfile::parse(file.text()).map(|dockerfile| reads(&dockerfile, service)) {
            Ok(reads) => reads,
            Err(RefusedDockerfile { message, span }) => return Ok(Err(at(message, span))),
        };
        if let Some(unresolved) = reads.unresolved.first() {
            return Ok(Err(at(unresolved.why.to_string(), unresolved.span)));
        }
        let (mut patterns, mut paths) = (Vec::new(), Vec::new());
        for source in &reads.sources {
            if source.path.is_empty() {
                return Ok(Err(at("this copies all of it".to_owned(), source.span)));
            }
            let Some(made) = copied_patterns(&context.value, &source.path) else {
                return Ok(Err(at("these wildcards mean something else in patterns".to_owned(), source.span)));
            };
            if !source.has_wildcards() {
                paths.push(RepoPath::from_git(context.value.join(&source.path)));
            } else if self.meets_link(&context.value, &source.path)? {
                return Ok(Err(at("these wildcards match a symbolic link".to_owned(), source.span)));
            }
            patterns.extend(made);
        }
        Ok(Ok((patterns, paths)))
    }

    /// Returns a service's Dockerfile: the one that the configuration names, or the first existing one of the builder's
    /// default names. `None` if there is none, or if it is too large or not UTF-8.
    fn dockerfile(&self, service: &Service) -> Result<Option<SourceFile>, GitError> {
        let path = service.path.clone().unwrap_or_else(RepoDir::root);
        let usual = service.recipe.image_builder().map(Builder::dockerfiles).unwrap_or_default();
        let names: Vec<String> = match &service.dockerfile {
            Some(named) => vec![named.value.clone()],
            None => usual.iter().map(|name| path.join(name)).collect(),
        };
        for name in names {
            let place = RepoPath::from_git(name.as_str());
            if let Some(bytes) = self.bytes(&place)? {
                let text = String::from_utf8(bytes).ok().filter(|text| text.len() < MOST);
                return Ok(text.map(|text| SourceFile::new(name, text)));
            }
        }
        Ok(None)
    }

    fn bytes(&self, place: &RepoPath) -> Result<Option<Vec<u8>>, GitError> {
        if self.at.is_none()
            && let Some(file) = self.repository.work_tree_file(place, MOST)?
        {
            return Ok(Some(file.bytes));
        }
        let Some(commit) = self.head else { return Ok(None) };
        let read = || self.repository.file_at(commit, place)?.map(|file| file.read()).transpose();
        self.repository.with_fetching(read)
    }

    /// Whether a source with wildcards matches a symbolic link, or a path through one.
    fn meets_link(&mut self, context: &RepoDir, source: &str) -> Result<bool, GitError> {
        let Some(commit) = self.head else { return Ok(false) };
        if self.listing.is_none() {
            let entries = || self.repository.entries_in(commit, Region::whole());
            self.listing = Some(self.repository.with_fetching(entries)?);
        }
        let listing = self.listing.as_ref().map(Listing::iter).into_iter().flatten();
        let start = if context.is_root() { String::new() } else { format!("{}/", context.as_str()) };
        let links = listing.filter(|entry| entry.mode == Mode::SymbolicLink);
        let links = links.filter_map(|entry| entry.path.strip_prefix(start.as_bytes()));
        // The targets of the links are not known here. Any target is right, since only the links themselves are
        // searched for.
        Ok(ContextFiles::new(links.map(|path| ContextEntry { path, link: Some(b"/") })).leads_on(source))
    }
}

fn reads(dockerfile: &Dockerfile, service: &Service) -> ContextReads {
    let recipe = &service.recipe;
    let arguments = recipe.build_args.iter().map(|(name, value)| (name.clone(), value.render(|_| None).ok())).collect();
    let contexts: BTreeSet<String> = recipe.contexts.keys().cloned().collect();
    dockerfile.reads(&BuildRequest { arguments: &arguments, target: recipe.target.as_deref(), contexts: &contexts })
}

fn warning(config: &Config, service: &Service, context: &Located<RepoDir>, reason: Reason) -> Diagnostic {
    let whole = if context.value.is_root() { "**".to_owned() } else { format!("{}/**", context.value) };
    let message = format!(
        "the build context leads outside of `path`, and it is not known what the Dockerfile copies from there, so a \
         change of any file in it (`{}`) affects the service",
        Escaped::new(&whole)
    );
    let warning = Diagnostic::warning("wide-context", message);
    let warning = warning.located(&config.source, context, "holds more than the service's own files");
    let Reason { message, place } = reason;
    let warning = match place {
        Some((file, span)) => warning.label(&file, span, message),
        None => warning.help(message),
    };
    let own = service.path.as_ref().map_or_else(String::new, |path| format!("`{path}/**`, and "));
    warning.help(format!(
        "give the service `filters`: {}a pattern for each file or directory that its Dockerfile copies",
        Escaped::new(&own)
    ))
}
