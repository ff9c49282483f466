//! What is embedded is embedded anew when it changes: a file that is added is no change of any file.

fn main() {
    for folder in ["../../guest-sdk", "../../wit"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
