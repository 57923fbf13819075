//! The server's side of TLS for the mail catcher, with a certificate authority made on the spot. For tests only.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use workorderd::demo::mail_catcher::{Stream, Upgrade, Upgraded};

/// A server certificate and the root that signed it.
pub struct TestTls {
    acceptor: TlsAcceptor,
    /// What a client has to trust.
    pub root_pem: Vec<u8>,
}

impl TestTls {
    /// A certificate for this name or IP address, signed by a root of its own.
    pub fn for_host(host: &str) -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_pem = root.self_signed(&root_key).unwrap().pem().into_bytes();
        let issuer = Issuer::new(root, root_key);

        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), root_pem }
    }
}

impl Upgrade for TestTls {
    fn upgrade(&self, stream: Box<dyn Stream>) -> Upgraded {
        let accept = self.acceptor.accept(stream);
        Box::pin(async move {
            let stream: Box<dyn Stream> = Box::new(accept.await?);
            Ok(stream)
        })
    }
}
