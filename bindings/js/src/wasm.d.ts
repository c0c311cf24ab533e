// The bundler embeds such a module as its bytes, compressed.
declare module '*.wasm.deflate' {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
