//! The reference servers, as their makers publish them. `npm ci` in `tests/mcp` puts them there; `cargo
//! xtask test` does so.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lockstep_mcp::Server;
use lockstep_sandbox::ToolFault;
use serde_json::json;

use crate::http::at;
use crate::support::{made, names, program};

/// The entry of a server, or what to do where it is missing.
fn entry(server: &str) -> String {
    let entry =
        format!("{}/node_modules/@modelcontextprotocol/{server}/dist/index.js", env!("CARGO_MANIFEST_DIR"));
    assert!(Path::new(&entry).exists(), "install the reference servers: run `npm ci` in tests/mcp");
    entry
}

#[tokio::test]
async fn the_reference_server_of_files_reads_and_writes_and_stays_in_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let server = Server::new(program(&["node", &entry("server-filesystem"), &path("")]));
    assert!(names(&server).await.contains(&"write_file".to_owned()));
    let written = json!({ "path": path("a.txt"), "content": "grüße" });
    made(&server, "write_file", written).await.unwrap();
    assert_eq!(std::fs::read_to_string(path("a.txt")).unwrap(), "grüße");
    let read = made(&server, "read_text_file", json!({ "path": path("a.txt") })).await.unwrap();
    assert_eq!(read["content"], "grüße", "{read}");
    let denied = made(&server, "read_text_file", json!({ "path": "/etc/hostname" })).await.unwrap_err();
    assert!(matches!(&denied, ToolFault::Failed(why) if why.contains("denied")), "{denied:?}");
}

#[tokio::test]
async fn the_reference_server_of_everything_is_spoken_to_over_its_output() {
    let server = Server::new(program(&["node", &entry("server-everything"), "stdio"]));
    everything(&server).await;
}

#[tokio::test]
async fn the_reference_server_of_everything_is_spoken_to_over_http() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let _running = Listening::start(port);
    let url = format!("http://127.0.0.1:{port}/mcp").parse().unwrap();
    everything(&Server::new(at(&url))).await;
}

async fn everything(server: &Server) {
    let names = names(server).await;
    assert!(names.is_sorted() && names.contains(&"echo".to_owned()), "{names:?}");
    let echo = made(server, "echo", json!({ "message": "hello" })).await.unwrap();
    assert_eq!(echo, "Echo: hello");
    let sum = made(server, "get-sum", json!({ "a": 2, "b": 3 })).await.unwrap();
    assert_eq!(sum, "The sum of 2 and 3 is 5.");
    let image = made(server, "get-tiny-image", json!({})).await.unwrap();
    assert!(image.as_array().unwrap().iter().any(|block| block["type"] == "image"), "{image}");
    let wrong = made(server, "get-sum", json!({ "a": "two" })).await.unwrap_err();
    assert!(matches!(wrong, ToolFault::Failed(_)), "{wrong:?}");
}

/// The server over HTTP, listening.
struct Listening(Child);

impl Listening {
    fn start(port: u16) -> Listening {
        let mut command = Command::new("node");
        command.args([&entry("server-everything"), "streamableHttp"]).env("PORT", port.to_string());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let is_ready = lines.any(|line| line.unwrap().contains(&port.to_string()));
        assert!(is_ready, "it did not listen");
        // It goes on talking.
        std::thread::spawn(move || lines.for_each(drop));
        Listening(child)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
