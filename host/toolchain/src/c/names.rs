//! Short names: those that authors write. They are the names of the WIT; where C, its library or the SDK has a name
//! already, it gets a `_` at its end, and where two types of a world would share one, the later one gets the name of
//! its interface before it.

use std::collections::{HashMap, HashSet};

use wit_bindgen_c::{gen_type_name, to_c_ident};
use wit_bindgen_core::dealias;
use wit_parser::{LiveTypes, Type, TypeId, TypeOwner};

use super::bindings::Bindings;
use super::handlers::Handler;

/// What the SDK defines.
const SDK: &str = "PERMANENT TRANSIENT TRY blob_get blob_put blob_read bytes bytes_result cstr fail_details \
    fail_permanent fail_retry_after fail_transient fail_with failure http_error http_get http_header http_header_of \
    http_json http_request http_response http_result http_send http_successful http_text json_element json_integer \
    json_member json_number json_quote json_text log_debug log_error log_info log_trace log_warn outcome panic \
    run_identity run_now run_random run_whoami some state_add state_append state_delete state_get state_keys \
    state_page state_set take text text_bytes text_copy text_from text_is text_printf text_result text_same texts \
    timer_cancel timer_set tool tool_error tool_list tool_result tools_call tools_list updates_publish";

/// What C's library and POSIX call by one word: an author may include their headers.
const LIBRARY: &str = "abort abs accept access acos alarm alloca asin assert atan atexit atof atoi atol bcmp bind \
    brk bsearch bzero calloc cbrt ceil chdir chmod chown clearerr clock close connect copysign cos cosh creat crypt \
    ctime daemon difftime div dup environ erf errno exit exp fabs fclose feof fflush fgetc fileno floor fma fmax \
    fmin fmod fopen fork free fread frexp fseek fstat fsync ftell fwrite getc getenv gets getopt gmtime hypot imaxabs \
    index ioctl isatty kill labs ldexp link listen lldiv localtime log logb longjmp lseek lstat main malloc memchr \
    memcmp memcpy memmove memset mkdir mknod mktime mmap modf mount nan nice open optarg optind pause perror pipe \
    poll pow printf putc putchar puts qsort raise rand random read readlink realloc recv remove rename rewind rindex \
    rint rmdir round sbrk scanf select send setjmp shutdown signal sin sinh sleep socket sqrt srand stat strchr \
    strcmp strlen swab symlink sync sysconf syscall system tan tanh tgamma time timezone tmpfile tolower toupper \
    trunc truncate tzset umask uname ungetc unlink usleep utime vfork wait write";

/// What no event may be called.
pub(super) fn taken() -> impl Iterator<Item = &'static str> {
    [SDK, LIBRARY].into_iter().flat_map(str::split_whitespace)
}

/// The short names of a world.
pub(crate) struct Names {
    /// Types that get one, in the order of their definitions.
    pub(crate) types: Vec<(TypeId, String)>,
    /// All names that are taken, and whether each stands for a type.
    taken: HashMap<String, bool>,
    /// What was asked for already, with the struct of the bindings that it stands for: an alias and its type are one.
    wanted: HashSet<(String, String)>,
}

impl Names {
    /// Those of all types that the handlers of a world have to do with.
    pub(crate) fn of(bindings: &Bindings, handlers: &[Handler]) -> Names {
        let functions =
            handlers.iter().flat_map(|handler| [handler.name.clone(), format!("{}_emit", handler.name)]);
        let taken = taken().map(str::to_owned);
        let mut names = Names {
            types: Vec::new(),
            wanted: HashSet::new(),
            taken: taken.chain(functions).map(|name| (name, false)).collect(),
        };
        let mut live = LiveTypes::default();
        handlers.iter().flat_map(Handler::events).for_each(|ty| live.add_type(&bindings.resolve, &ty));
        let known = |id: &TypeId| live.contains(*id);
        let is_of_world = |id: &TypeId| matches!(bindings.resolve.types[*id].owner, TypeOwner::World(_));
        let (world, others): (Vec<_>, Vec<_>) =
            bindings.types().map(|(id, _)| id).filter(known).partition(is_of_world);
        for id in world.into_iter().chain(others) {
            names.add(bindings, id);
        }
        let order: HashMap<TypeId, usize> =
            bindings.types().enumerate().map(|(at, (id, _))| (id, at)).collect();
        names.types.sort_by_key(|(id, _)| order[id]);
        names
    }

    /// How authors call a type.
    pub(crate) fn name<'n>(&'n self, bindings: &'n Bindings, ty: Type) -> &'n str {
        match ty {
            Type::String => "text",
            Type::Id(id) => {
                let of = |id: TypeId| bindings.name(Type::Id(dealias(&bindings.resolve, id)));
                let same = |other: TypeId| of(other) == of(id);
                let exact = self.types.iter().find(|(other, _)| *other == id);
                let found = exact.or_else(|| self.types.iter().find(|(other, _)| same(*other)));
                found.map_or_else(|| bindings.name(ty), |(_, name)| name)
            }
            _ => bindings.name(ty),
        }
    }

    /// Whether a name stands for something already.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.taken.contains_key(name)
    }

    /// A name for something that is no type.
    pub(crate) fn take(&mut self, wanted: String) -> String {
        let mut name = wanted;
        while self.taken.contains_key(&name) {
            name.push('_');
        }
        self.taken.insert(name.clone(), false);
        name
    }

    fn add(&mut self, bindings: &Bindings, id: TypeId) {
        let target = bindings.name(Type::Id(dealias(&bindings.resolve, id))).to_owned();
        let wanted = match &bindings.resolve.types[id].name {
            Some(name) => to_c_ident(name),
            None => gen_type_name(&bindings.resolve, id).1,
        };
        if !self.wanted.insert((target, wanted.clone())) {
            return;
        }
        let is_another_type = self.taken.get(&wanted) == Some(&true);
        let whole = bindings.name(Type::Id(id)).trim_end_matches("_t");
        let name = self.take(if is_another_type { whole.to_owned() } else { wanted });
        self.taken.insert(name.clone(), true);
        self.types.push((id, name));
    }
}
