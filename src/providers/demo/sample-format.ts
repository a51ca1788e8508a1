// One plausible value for each well-known string format.

/** Undefined for formats without rules of their own. `nth` makes siblings differ. */
export function sampleFormat(format: string, nth: number): string | undefined {
  const day = String((nth % 28) + 1).padStart(2, '0');
  switch (format) {
    case 'date-time':
      return `2026-01-${day}T12:00:00Z`;
    case 'date':
      return `2026-01-${day}`;
    case 'time':
      return `12:00:${String(nth % 60).padStart(2, '0')}Z`;
    case 'duration':
      return `PT${nth + 1}H`;
    case 'email':
    case 'idn-email':
      return `demo${nth + 1}@example.com`;
    case 'hostname':
    case 'idn-hostname':
      return `demo${nth + 1}.example.com`;
    case 'uri':
    case 'url':
    case 'iri':
    case 'uri-reference':
    case 'iri-reference':
      return `https://example.com/demo/${nth + 1}`;
    case 'ipv4':
      return `192.0.2.${(nth % 250) + 1}`;
    case 'ipv6':
      return `2001:db8::${(nth + 1).toString(16)}`;
    case 'uuid':
      return `00000000-0000-4000-8000-${(nth + 1).toString(16).padStart(12, '0')}`;
    default:
      return undefined;
  }
}
