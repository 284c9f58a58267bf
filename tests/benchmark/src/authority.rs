//! The certificate authority of the doubles. It is made once for a machine's benchmark folder and kept, so that
//! builds which trust it stay valid.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, TrustAnchor};
use rustls::{RootCertStore, ServerConfig};

use crate::error::Error;

/// AWS clients take only those roots from Mozilla's list whose names end like Amazon's.
const NAME: &str = "Practice Bridge benchmark instead of Amazon Root CA 1";

/// An authority that signs certificates for loopback only.
pub(crate) struct Authority {
    /// The certificate as PEM.
    pub(crate) file: PathBuf,
    pem: String,
    der: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    /// The authority in this folder. It is made if there is none.
    pub(crate) fn kept_in(folder: &Path) -> Result<Self, Error> {
        let (file, key_file) = (folder.join("authority.pem"), folder.join("authority.key"));
        if !key_file.is_file() {
            fs::create_dir_all(folder).map_err(Error::file("creating", folder))?;
            let key = KeyPair::generate().map_err(Error::Certificate)?;
            let certificate = parameters()?.self_signed(&key).map_err(Error::Certificate)?;
            fs::write(&file, certificate.pem()).map_err(Error::file("writing", &file))?;
            fs::write(&key_file, key.serialize_pem()).map_err(Error::file("writing", &key_file))?;
        }
        let read = |path: &Path| fs::read_to_string(path).map_err(Error::file("reading", path));
        let pem = read(&file)?;
        let key = KeyPair::from_pem(&read(&key_file)?).map_err(Error::Certificate)?;
        let der = der_of(&pem)?;
        Ok(Self { file, pem, der, key })
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// What a client stores of the authority.
    pub(crate) fn anchor(&self) -> Result<TrustAnchor<'static>, Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).map_err(Error::Tls)?;
        roots.roots.pop().ok_or(Error::NoAnchor)
    }

    /// TLS as a server on loopback, over HTTP/1.1 as AWS and Halo are reached by the functions.
    pub(crate) fn server(&self) -> Result<Arc<ServerConfig>, Error> {
        let parameters = parameters()?;
        let issuer = Issuer::from_params(&parameters, &self.key);
        let key = KeyPair::generate().map_err(Error::Certificate)?;
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let leaf = CertificateParams::new(names).map_err(Error::Certificate)?;
        let leaf = leaf.signed_by(&key, &issuer).map_err(Error::Certificate)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|_| Error::NoAnchor)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Error::Tls)?
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .map_err(Error::Tls)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn parameters() -> Result<CertificateParams, Error> {
    let mut parameters = CertificateParams::new(Vec::new()).map_err(Error::Certificate)?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.distinguished_name.push(DnType::CommonName, NAME);
    Ok(parameters)
}

fn der_of(pem: &str) -> Result<CertificateDer<'static>, Error> {
    use rustls::pki_types::pem::PemObject as _;
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| Error::NoAnchor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_made_once_and_then_kept_so_that_builds_stay_valid() {
        let folder = tempfile::tempdir().unwrap();
        let made = Authority::kept_in(folder.path()).unwrap();
        let kept = Authority::kept_in(folder.path()).unwrap();
        assert_eq!(made.pem(), kept.pem());
        assert_eq!(made.anchor().unwrap(), kept.anchor().unwrap());
        kept.server().unwrap();
    }
}
