// `{field}` in a base URL or path → the account's value. Unknown fields stay, so that `{model}` can be filled per call.

/** Values are percent-encoded, so none of them can add a segment or a query; `{field+}` keeps slashes, for ids that are paths. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  if (!template.includes('{')) return template;
  return template.replace(/\{([a-z_]+)(\+?)\}/g, (whole, name: string, many: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return whole;
    return many === '' ? encodeURIComponent(value) : value.split('/').map(encodeURIComponent).join('/');
  });
}

/** The fields a template names. */
export function templateFields(template: string): readonly string[] {
  return [...template.matchAll(/\{([a-z_]+)\+?\}/g)].map((match) => match[1] ?? '');
}

/** The model stands in the path, as `{model}` or `{model+}`. */
export function namesModel(path: string): boolean {
  return path.includes('{model}') || path.includes('{model+}');
}
