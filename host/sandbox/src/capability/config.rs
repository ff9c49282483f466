//! `wasi:config/store`: the keys of the grant's `[config]`, and no others.

use super::config_bindings::wasi::config::store;
use crate::attempt::Guest;

impl store::Host for Guest {
    fn get(&mut self, key: String) -> Result<Option<String>, store::Error> {
        let value = self.grant.config.as_ref().and_then(|config| config.get(&key).cloned());
        self.cpu.worked();
        Ok(value)
    }

    fn get_all(&mut self) -> Result<Vec<(String, String)>, store::Error> {
        let all = self.grant.config.iter().flatten().map(|(key, value)| (key.clone(), value.clone()));
        let all = all.collect();
        self.cpu.worked();
        Ok(all)
    }
}
