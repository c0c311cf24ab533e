//! What a wasm module is made of: the bytes of its functions, summed by crate and by generic, from the names that the
//! compiler left in it.

use std::collections::HashMap;
use std::fmt::Write;

use anyhow::{Result, bail};
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

use super::symbol;

/// How many lines a table has; the rest is one line more.
const LINES: usize = 40;

/// The bytes of a module.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// By the crate that defines the function: generics of the standard library are the standard library's.
    defined: HashMap<String, Sum>,
    /// By the crate that the function is made for: generics are of the first crate in their types that is not the standard
    /// library.
    used: HashMap<String, Sum>,
    /// By the function's name without the types that it is made for.
    generics: HashMap<String, Sum>,
    code: Sum,
    data: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    bytes: usize,
    functions: usize,
}

impl Sum {
    fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.functions += 1;
    }
}

impl Profile {
    /// Reads a module with names.
    ///
    /// # Errors
    /// It is no module, or has no names.
    pub fn of(module: &[u8]) -> Result<Self> {
        let mut profile = Self::default();
        let mut imported = 0;
        let mut bodies = Vec::new();
        let mut names: HashMap<u32, &str> = HashMap::new();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(body.range().len()),
                Payload::DataSection(section) => profile.data = section.range().len(),
                Payload::CustomSection(section) => {
                    let KnownCustom::Name(section) = section.as_known() else { continue };
                    for subsection in section {
                        let Name::Function(functions) = subsection? else { continue };
                        for function in functions {
                            let function = function?;
                            names.insert(function.index, function.name);
                        }
                    }
                }
                _ => {}
            }
        }
        if names.is_empty() {
            bail!("the module has no names to sum its code by");
        }
        for (at, bytes) in (imported..).zip(bodies) {
            profile.count(names.get(&at).copied().unwrap_or_default(), bytes);
        }
        Ok(profile)
    }

    fn count(&mut self, name: &str, bytes: usize) {
        let origin = symbol::origin(name);
        self.code.add(bytes);
        self.defined.entry(origin.defined.to_owned()).or_default().add(bytes);
        self.used.entry(origin.used.to_owned()).or_default().add(bytes);
        self.generics.entry(symbol::generic(name)).or_default().add(bytes);
    }

    /// The tables.
    pub fn print(&self, name: &str) -> String {
        let mut text = String::new();
        let Sum { bytes, functions } = self.code;
        let _ = writeln!(text, "\n{name}: {bytes} bytes of code in {functions} functions, {} bytes of data", self.data);
        table(&mut text, "crate that defines it", &self.defined);
        table(&mut text, "crate that it is made for", &self.used);
        table(&mut text, "generic", &self.generics);
        text
    }
}

fn table(text: &mut String, head: &str, sums: &HashMap<String, Sum>) {
    let mut lines: Vec<_> = sums.iter().map(|(name, sum)| (name.as_str(), *sum)).collect();
    lines.sort_unstable_by_key(|(name, sum)| (std::cmp::Reverse(sum.bytes), *name));
    let _ = writeln!(text, "\n  {:>9} {:>6}  {head}", "bytes", "times");
    for (name, Sum { bytes, functions }) in lines.iter().take(LINES) {
        let _ = writeln!(text, "  {bytes:>9} {functions:>6}  {name}");
    }
    let (mut bytes, mut functions) = (0, 0);
    for (_, rest) in lines.iter().skip(LINES) {
        bytes += rest.bytes;
        functions += rest.functions;
    }
    if functions > 0 {
        let _ = writeln!(text, "  {bytes:>9} {functions:>6}  {} others", lines.len() - LINES);
    }
}

/// The module without its custom sections: names and producers are for people, and are not shipped.
///
/// # Errors
/// It is no module.
pub fn strip(module: &[u8]) -> Result<Vec<u8>> {
    let mut stripped = module.get(..8).unwrap_or_default().to_vec();
    let mut at = 8;
    while at < module.len() {
        let begin = at;
        let id = module[at];
        let (size, used) = leb128(&module[at + 1..])?;
        at += 1 + used + size;
        let Some(section) = module.get(begin..at) else { bail!("a section of the module ends too early") };
        if id != 0 {
            stripped.extend_from_slice(section);
        }
    }
    Ok(stripped)
}

fn leb128(bytes: &[u8]) -> Result<(usize, usize)> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok((value, at + 1));
        }
    }
    bail!("a section of the module has no length")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two functions of 3 and 5 bytes, an imported one before them, and three bytes of data.
    fn module() -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        let mut section = |id: u8, content: &[u8]| {
            module.extend([id, u8::try_from(content.len()).unwrap()]);
            module.extend(content);
        };
        section(1, &[1, 0x60, 0, 0]);
        section(2, &[1, 1, b'e', 1, b'f', 0, 0]);
        section(3, &[2, 0, 0]);
        section(5, &[1, 0, 1]);
        section(10, &[2, 3, 0, 1, 0x0b, 5, 0, 1, 1, 1, 0x0b]);
        section(11, &[1, 0, 0x41, 0, 0x0b, 3, 1, 2, 3]);
        let names: [(u8, &[u8]); 2] = [(1, b"a::b::<u8>"), (2, b"alloc::c::<a::D>")];
        let mut functions = vec![2];
        for (index, name) in names {
            functions.extend([index, u8::try_from(name.len()).unwrap()]);
            functions.extend(name);
        }
        let mut content = vec![4];
        content.extend(b"name");
        content.extend([1, u8::try_from(functions.len()).unwrap()]);
        content.extend(functions);
        section(0, &content);
        module
    }

    #[test]
    fn code_is_summed_by_crate_and_generic() {
        let profile = Profile::of(&module()).unwrap();
        assert_eq!(profile.code, Sum { bytes: 8, functions: 2 });
        assert_eq!(profile.defined["a"], Sum { bytes: 3, functions: 1 });
        assert_eq!(profile.defined["alloc"], Sum { bytes: 5, functions: 1 });
        assert_eq!(profile.used["a"], Sum { bytes: 8, functions: 2 });
        assert_eq!(profile.generics["alloc::c"], Sum { bytes: 5, functions: 1 });
        assert!(profile.print("m").contains("        5      1  alloc::c"));
    }

    #[test]
    fn a_stripped_module_is_the_same_without_names() {
        let stripped = strip(&module()).unwrap();
        assert!(module().starts_with(&stripped), "names come last");
        assert!(Profile::of(&stripped).is_err(), "no names");
        assert!(strip(b"\0asm\x01\0\0\0\x01\x05").is_err(), "cut off");
    }
}
