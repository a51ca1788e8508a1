// How bundles are written. V8 keeps the text of every loaded module in memory and decodes and scans it at each start, and one
// character beyond Latin-1 doubles a whole file: hence ASCII, and no comments but the legal ones. Names and lines stay: people read
// the stack traces.
export const leanText = {
  charset: 'ascii',
  comments: { legal: true, annotation: false, jsdoc: false },
  minify: false,
  sourcemap: false,
} as const;
