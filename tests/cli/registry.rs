//! A registry on this machine, and what a test publishes in it. The server is the real one, in a
//! folder of its own, and ends with the test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lockstep_core::blob::Digest;
use serde_json::{Value, json};
use tempfile::TempDir;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const WASM: &str = "application/wasm";
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// A server that is up.
pub(crate) struct Registry {
    server: Child,
    pub(crate) host: String,
    folder: TempDir,
}

/// A layer of an artefact.
pub(crate) struct Layer {
    media_type: &'static str,
    bytes: Vec<u8>,
    annotations: Value,
}

impl Layer {
    pub(crate) fn wasm(bytes: &[u8]) -> Layer {
        Layer { media_type: WASM, bytes: bytes.to_vec(), annotations: json!({}) }
    }

    pub(crate) fn of(media_type: &'static str, bytes: &[u8]) -> Layer {
        Layer { media_type, ..Layer::wasm(bytes) }
    }
}

impl Registry {
    pub(crate) fn start() -> Registry {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.yml");
        let data = folder.path().join("data");
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"127.0.0.1:0\"}}\n",
            data.display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&config).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = command.spawn().expect("a registry is needed: `apt-get install -y docker-registry`");
        let mut log = BufReader::new(server.stderr.take().unwrap());
        let host = listening(&mut log);
        // Nobody may be kept from writing into the log.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Registry { server, host, folder }
    }

    /// Publishes an artefact under a tag; the digest of its manifest.
    pub(crate) fn publish(&self, name: &str, tag: &str, layers: &[Layer]) -> Digest {
        let config = b"{}";
        self.blob(name, config);
        let listed = layers.iter().map(|layer| {
            let (digest, size) = (self.blob(name, &layer.bytes), layer.bytes.len());
            json!({
                "mediaType": layer.media_type, "digest": digest, "size": size, "annotations": layer.annotations
            })
        });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": { "mediaType": "application/vnd.wasm.config.v0+json", "digest": Digest::of(config), "size": 2 },
            "layers": listed.collect::<Vec<_>>(),
        });
        self.manifest(name, tag, &manifest.to_string())
    }

    /// Puts what `cosign sign` leaves beside an artefact.
    pub(crate) fn sign(&self, name: &str, payload: &str, artefact: Digest, signature: &str) {
        let tag = format!("{artefact}.sig").replace(':', "-");
        let annotations = json!({ "dev.cosignproject.cosign/signature": signature });
        let layer = Layer { annotations, ..Layer::of(SIMPLE_SIGNING, payload.as_bytes()) };
        self.publish(name, &tag, &[layer]);
    }

    pub(crate) fn manifest(&self, name: &str, tag: &str, text: &str) -> Digest {
        let address = format!("http://{}/v2/{name}/manifests/{tag}", self.host);
        ureq::put(address).content_type(MANIFEST).send(text).unwrap();
        Digest::of(text.as_bytes())
    }

    pub(crate) fn blob(&self, name: &str, bytes: &[u8]) -> Digest {
        let begun =
            ureq::post(format!("http://{}/v2/{name}/blobs/uploads/", self.host)).send_empty().unwrap();
        let address = begun.headers()["location"].to_str().unwrap().to_owned();
        let digest = Digest::of(bytes);
        ureq::put(format!("{address}&digest={digest}"))
            .content_type("application/octet-stream")
            .send(bytes)
            .unwrap();
        digest
    }

    /// Where the server keeps the bytes of a digest.
    pub(crate) fn stored(&self, digest: Digest) -> std::path::PathBuf {
        let hex = digest.to_string().replace("sha256:", "");
        let blobs = Path::new("data/docker/registry/v2/blobs/sha256");
        self.folder.path().join(blobs).join(&hex[..2]).join(&hex).join("data")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The address in the line that says where the server listens.
fn listening(log: &mut impl BufRead) -> String {
    for line in log.lines() {
        let line = line.unwrap();
        if let Some((_, rest)) = line.split_once("listening on ") {
            return rest.split('"').next().unwrap().to_owned();
        }
    }
    panic!("the registry ended before it listened");
}

/// What cosign has its key sign.
pub(crate) fn payload(artefact: Digest) -> String {
    json!({
        "critical": {
            "identity": { "docker-reference": "" },
            "image": { "docker-manifest-digest": artefact },
            "type": "cosign container image signature"
        },
        "optional": null
    })
    .to_string()
}
