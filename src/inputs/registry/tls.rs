//! HTTPS with rustls and with graviola's cryptography, which needs only Rust to build. Trusts the root certificates of
//! this machine, including those of `SSL_CERT_FILE` and `SSL_CERT_DIR`.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// Why HTTPS is not available.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoTls {
    /// The processor lacks instructions that the cryptography needs.
    #[error("this processor lacks instructions that rebake needs for HTTPS")]
    Processor,
    /// There are no root certificates.
    #[error("this machine has no root certificates, so servers cannot be verified")]
    NoCertificates,
}

impl NoTls {
    /// Returns advice for the user.
    #[must_use]
    pub fn help(self) -> &'static str {
        match self {
            Self::Processor => "it needs AES and AVX2 on x86-64, AES and SHA-2 on 64-bit Arm",
            Self::NoCertificates => "install `ca-certificates`, or name a file of certificates in SSL_CERT_FILE",
        }
    }
}

/// Returns the TLS configuration.
pub(super) fn config() -> Result<TlsConfig, NoTls> {
    let provider = provider().ok_or(NoTls::Processor)?;
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() {
        return Err(NoTls::NoCertificates);
    }
    let roots: RootCerts = found.iter().map(|root| Certificate::from_der(root).to_owned()).into();
    Ok(TlsConfig::builder().root_certs(roots).unversioned_rustls_crypto_provider(Arc::new(provider)).build())
}

/// Returns the provider of cryptography; `None` if the processor does not support it. Graviola would stop the program
/// on such a processor.
#[cfg(target_arch = "x86_64")]
fn provider() -> Option<CryptoProvider> {
    use std::arch::is_x86_feature_detected as has;
    (has!("adx") && has!("aes") && has!("avx") && has!("avx2") && has!("bmi1") && has!("pclmulqdq"))
        .then(rustls_graviola::default_provider)
}

#[cfg(target_arch = "aarch64")]
fn provider() -> Option<CryptoProvider> {
    use std::arch::is_aarch64_feature_detected as has;
    (has!("aes") && has!("neon") && has!("pmull") && has!("sha2")).then(rustls_graviola::default_provider)
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn provider() -> Option<CryptoProvider> {
    None
}
