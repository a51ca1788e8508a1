// `{field}` in a base URL or path → the account's value. Unknown fields stay, so that `{model}` can be filled per call.

/** Values are percent-encoded, so none of them can add a segment or a query. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  if (!template.includes('{')) return template;
  return template.replace(/\{([a-z_]+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return value === undefined ? whole : encodeURIComponent(value);
  });
}

/** The fields a template names. */
export function templateFields(template: string): readonly string[] {
  return [...template.matchAll(/\{([a-z_]+)\}/g)].map((match) => match[1] ?? '');
}
