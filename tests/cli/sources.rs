//! Components from elsewhere: files and registries, what must be there, and who must have signed it.

use std::fs;
use std::process::Command;

use lockstep_core::blob::Digest;

use crate::project::{Ended, Project, WORKFLOW, command, ended, worker};
use crate::registry::{Layer, Registry, payload};

/// A workflow whose one component is at this address.
fn at(address: &str) -> Project {
    Project::empty().with("workflow.toml", WORKFLOW.replace("work.wasm", address))
}

/// What `check` says, with the places that change made equal.
fn check(project: &Project, registry: &Registry) -> String {
    told(project.checked(), registry)
}

fn told(ended: Ended, registry: &Registry) -> String {
    ended.told().replace(&registry.host, "HOST")
}

impl Project {
    /// `check`, with a cache of its own.
    fn checked(&self) -> Ended {
        self.cached(&["check", "."])
    }

    fn cached(&self, arguments: &[&str]) -> Ended {
        let mut command = command(self.folder(), arguments);
        ended(command.env("LOCKSTEP_CACHE", self.path("cache")).output().unwrap())
    }
}

#[test]
fn a_component_is_loaded_from_a_registry_by_the_digest_of_its_manifest_and_then_without_it() {
    let registry = Registry::start();
    for media_type in ["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"] {
        let digest = registry.publish("acme/work", "1.0", &[Layer::of(media_type, &worker())]);
        let project = at(&format!("oci://{}/acme/work:1.0@{digest}", registry.host));
        let ended = project.cached(&["run", ".", "--store", "memory", "--input", "{\"kind\": 0}"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (0, "{\"n\":0}\n"), "{}", ended.stderr);
        fs::remove_file(registry.stored(digest)).unwrap();
        assert_eq!(project.checked().code, 0);
    }
}

#[test]
fn a_file_may_be_named_by_an_address() {
    let project = Project::jobs();
    let address = format!("file://{}", project.path("work.wasm").display());
    let project = project.with("workflow.toml", WORKFLOW.replace("work.wasm", &address));
    assert_eq!(project.checked().code, 0);
    for (address, why) in [
        ("https://example.com/work.wasm", "is an address of a kind that is not known"),
        ("file://example.com/work.wasm", "is an address of a kind that is not known"),
        ("oci://ann:hunter2@example.com/work:1", "carries no user and no password"),
        ("oci://example.com/work", "it has neither a tag nor a digest"),
    ] {
        let ended = at(address).checked();
        assert_eq!(ended.code, 3);
        assert!(ended.stderr.contains(why) && !ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
}

#[test]
fn a_tag_without_a_digest_is_refused_with_the_address_to_write() {
    let registry = Registry::start();
    let digest = registry.publish("work", "1.0", &[Layer::wasm(&worker())]);
    let tagged = format!("oci://{}/work:1.0", registry.host);
    assert_eq!(
        check(&at(&tagged), &registry),
        format!(
            "exit 3\nerror: ./workflow.toml:5: step `work`: `oci://HOST/work:1.0` names no digest, and whoever \
             publishes can move a tag; write `oci://HOST/work:1.0@{digest}`, which is what it means now\n"
        )
    );
    let inspected = Project::empty().lockstep(&["inspect", &tagged]);
    assert!(inspected.stdout.contains(&format!("component = \"{tagged}@{digest}\"")), "{}", inspected.stdout);
}

#[test]
fn what_is_not_there_is_told() {
    let registry = Registry::start();
    registry.publish("work", "1.0", &[Layer::wasm(&worker())]);
    let digest = Digest::of(b"another");
    assert_eq!(
        check(&at(&format!("oci://{}/work:1.0@{digest}", registry.host)), &registry),
        format!(
            "exit 3\nerror: ./workflow.toml:5: step `work`: oci://HOST/work:1.0@{digest}: the registry has no such \
             manifest; mend the address, or publish it\n"
        )
    );
    let gone = "127.0.0.1:1";
    let told = at(&format!("oci://{gone}/work@{digest}")).checked().stderr;
    assert!(told.contains("the registry 127.0.0.1:1 cannot be reached"), "{told}");
}

#[test]
fn bytes_that_the_registry_altered_are_refused() {
    let registry = Registry::start();
    let digest = registry.publish("work", "1.0", &[Layer::wasm(&worker())]);
    let project = at(&format!("oci://{}/work@{digest}", registry.host));
    let (layer, mut bytes) = (registry.stored(Digest::of(&worker())), worker());
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(layer, &bytes).unwrap();
    let told = check(&project, &registry);
    assert!(told.contains("gives another component than the one that is named"), "{told}");
    assert!(told.contains(&Digest::of(&bytes).to_string()), "{told}");

    let manifest = fs::read_to_string(registry.stored(digest)).unwrap();
    let digest = registry.publish("work", "2.0", &[Layer::wasm(b"other")]);
    fs::write(registry.stored(digest), manifest).unwrap();
    let told = check(&at(&format!("oci://{}/work@{digest}", registry.host)), &registry);
    assert!(told.contains("gives another manifest than the one that is named"), "{told}");
}

#[test]
fn an_artefact_that_is_not_one_component_of_a_bearable_size_is_refused() {
    let registry = Registry::start();
    let of = |layers: &[Layer]| {
        let digest = registry.publish("work", "1.0", layers);
        check(&at(&format!("oci://{}/work@{digest}", registry.host)), &registry)
    };
    let two = of(&[Layer::wasm(&worker()), Layer::wasm(b"another")]);
    assert!(two.contains("its manifest lists 2 components, and a step is one"), "{two}");
    let none = of(&[Layer::of("application/gzip", &worker())]);
    assert!(none.contains("its manifest lists 0 components, and a step is one"), "{none}");

    let blob = registry.blob("work", &worker());
    let said = |size: u64| {
        let text = format!(
            "{{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{{\
             \"mediaType\":\"x/y\",\"digest\":\"{blob}\",\"size\":2}},\"layers\":[{{\"mediaType\":\
             \"application/wasm\",\"digest\":\"{blob}\",\"size\":{size}}}]}}"
        );
        let digest = registry.manifest("work", "1.0", &text);
        check(&at(&format!("oci://{}/work@{digest}", registry.host)), &registry)
    };
    let large = said(300 << 20);
    assert!(large.contains("its component has 314572800 bytes, and 268435456 are the most"), "{large}");
    let more = said(100);
    assert!(more.contains("the component is larger than 100 bytes"), "{more}");
}

/// A key in a folder, and what it signs.
struct Signer<'p>(&'p Project);

impl<'p> Signer<'p> {
    fn new(project: &'p Project, algorithm: &[&str]) -> Signer<'p> {
        let signer = Signer(project);
        signer.openssl(&[&["genpkey", "-out", "key.pem"], algorithm].concat());
        signer.openssl(&["pkey", "-in", "key.pem", "-pubout", "-out", "key.pub"]);
        signer
    }

    fn openssl(&self, arguments: &[&str]) {
        let run = Command::new("openssl").current_dir(self.0.folder()).args(arguments).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }

    /// The signature of a file, as bytes.
    fn sign(&self, file: &str, to: &str) {
        if fs::read_to_string(self.0.path("key.pub")).unwrap().len() < 150 {
            self.openssl(&["pkeyutl", "-sign", "-inkey", "key.pem", "-rawin", "-in", file, "-out", to]);
        } else {
            self.openssl(&["dgst", "-sha256", "-sign", "key.pem", "-out", to, file]);
        }
    }
}

const ALGORITHMS: [&[&str]; 2] =
    [&["-algorithm", "ed25519"], &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]];

const SIGNED: &str = "grant = 1\n[component]\nsigner = \"key.pub\"\n";

#[test]
fn a_file_is_loaded_only_with_the_signature_that_its_grant_asks_for() {
    for algorithm in ALGORITHMS {
        let text = WORKFLOW.replace("retry", "grant = \"work-grant.toml\"\nretry");
        let project = Project::jobs().with("workflow.toml", text).with("work-grant.toml", SIGNED);
        let signer = Signer::new(&project, algorithm);
        let unsigned = project.checked();
        assert!(
            unsigned.stderr.ends_with(
                "./work.wasm is not signed; put the signature into ./work.wasm.sig (its grant names the signer \
                 key.pub)\n"
            ),
            "{}",
            unsigned.stderr
        );
        signer.sign("work.wasm", "work.wasm.sig");
        assert_eq!(project.checked().code, 0);
        let mut altered = worker();
        altered.extend([0, 1, 0]);
        let project = project.with("work.wasm", altered);
        let told = project.checked().stderr;
        assert!(told.contains("is not made with the key that is asked for, or not of these bytes"), "{told}");
        let project = project.with("key.pub", "none");
        let told = project.checked().stderr;
        assert!(told.contains("key.pub: it is no public key in PEM of Ed25519 or ECDSA P-256"), "{told}");
        fs::remove_file(project.path("key.pub")).unwrap();
        let told = project.checked().stderr;
        assert!(told.contains("its signer's key ./key.pub cannot be read: there is no such file"), "{told}");
    }
}

#[test]
fn a_component_of_a_registry_is_loaded_only_with_the_signature_that_its_grant_asks_for() {
    use base64::Engine as _;
    let registry = Registry::start();
    for (algorithm, name) in ALGORITHMS.into_iter().zip(["ed", "ec"]) {
        let artefact = registry.publish(name, "1.0", &[Layer::wasm(&worker())]);
        let address = format!("oci://{}/{name}@{artefact}", registry.host);
        let text = WORKFLOW.replace("work.wasm", &address).replace("retry", "grant = \"g.toml\"\nretry");
        let project = Project::empty().with("workflow.toml", text).with("g.toml", SIGNED);
        let signer = Signer::new(&project, algorithm);
        let told = check(&project, &registry);
        assert!(
            told.contains("is not signed; let whoever made it sign it with `cosign sign --key`"),
            "{told}"
        );

        let sign = |payload: &str| {
            fs::write(project.path("payload"), payload).unwrap();
            signer.sign("payload", "signature");
            base64::engine::general_purpose::STANDARD.encode(fs::read(project.path("signature")).unwrap())
        };
        let other = payload(Digest::of(b"another artefact"));
        registry.sign(name, &other, artefact, &sign(&other));
        let told = check(&project, &registry);
        assert!(told.contains("is not made with the key that is asked for, or not of these bytes"), "{told}");
        registry.sign(name, &payload(artefact), artefact, &sign("something else"));
        assert_eq!(project.checked().code, 3);
        registry.sign(name, &payload(artefact), artefact, &sign(&payload(artefact)));
        assert_eq!(project.checked().code, 0, "{}", project.checked().stderr);
    }
}
