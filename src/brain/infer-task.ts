// The task of a request that names neither model nor task, from its text. Small and transparent on purpose: weighted
// phrases, each of which is told as a reason. A wrong guess costs a worse choice, so below the threshold nothing is guessed.

export interface InferredTask {
  readonly task: string;
  /** 0 to 1: the share of the evidence that speaks for this task. */
  readonly confidence: number;
  /** The phrases that were found. */
  readonly because: readonly string[];
}

/** What is assumed when the text does not say. */
export const defaultTask = 'chat_general';

const minConfidence = 0.5;
const minEvidence = 2;

/** The beginning says what is asked, the end often repeats it; what lies between is material. */
const headChars = 3_000;
const tailChars = 1_000;

interface Sign {
  readonly task: string;
  readonly weight: number;
  readonly pattern: RegExp;
}

const sign = (task: string, weight: number, pattern: RegExp): Sign => ({ task, weight, pattern });

const signs: readonly Sign[] = [
  sign('code', 3, /```/),
  sign('code', 3, /\b(?:typescript|javascript|python|golang|rust|kotlin|sql query|regex|dockerfile|bash script|shell script)\b/i),
  sign(
    'code',
    2,
    /\b(?:refactor|debug|unit tests?|stack trace|compile error|pull request|code review|implement (?:a|the) (?:function|class|method))\b/i,
  ),
  sign(
    'code',
    2,
    /\b(?:function|class|method|api|code|script|bug)\b.{0,40}\b(?:write|fix|explain|return|throws?)\b|\b(?:write|fix|explain)\b.{0,40}\b(?:function|class|method|code|bug|program)\b/i,
  ),
  sign(
    'translation',
    4,
    /\btranslate\b|\btranslation (?:of|into|to)\b|\binto (?:english|german|french|spanish|italian|greek|polish|chinese|japanese)\b/i,
  ),
  sign('summarization', 4, /\bsummar(?:y|ise|ize|ies)\b|\btl;?dr\b|\bin (?:one|two|three|a few) sentences?\b/i),
  sign(
    'classification',
    4,
    /\bclassif(?:y|ication)\b|\bcategor(?:ise|ize)\b|\bsentiment\b|\blabel (?:this|the following|each)\b|\bwhich category\b/i,
  ),
  sign('extraction', 4, /\bextract\b|\bpull out\b|\blist all (?:the )?(?:names|dates|amounts|entities|fields)\b/i),
  sign(
    'rag_rewrite',
    4,
    /\b(?:rewrite|rephrase|reformulate)\b.{0,40}\b(?:query|question|search)\b|\bstand-?alone question\b|\busing (?:only )?the (?:following )?(?:context|passages|documents)\b/i,
  ),
  sign('tariff_compliance', 4, /\btariffs?\b|\bprice list\b|\brate card\b|\bper kwh\b|\bregulated (?:price|wording)\b/i),
  sign('video_overlay', 4, /\boverlay\b.{0,60}\bvideo\b|\bvideo\b.{0,60}\boverlay\b|\bstoryboard\b/i),
  sign('creative_assets', 3, /\bimage prompts?\b|\bthumbnail\b|\bbrand (?:pack|assets?|identity)\b|\blogo\b/i),
  sign('layout_spec', 4, /\blayout spec(?:ification)?\b|\bbounding box(?:es)?\b|\bjson layout\b/i),
  sign('reasoning', 3, /\bstep by step\b|\bprove\b|\bsolve\b|\bderive\b|\bhow many ways\b|\bwhat is the probability\b|\bpuzzle\b/i),
  sign('reasoning', 2, /\b(?:equation|theorem|integral|logic|optimal|trade-?offs?)\b|\bplan (?:for|how|a)\b/i),
  sign('analysis', 3, /\banaly[sz]e\b|\banalysis\b|\bcompare\b.{0,60}\b(?:and|with|versus|vs)\b|\bpros and cons\b|\bevaluate\b/i),
  sign(
    'drafting',
    3,
    /\b(?:draft|write)\b.{0,30}\b(?:email|e-mail|post|tweet|headline|hook|slogan|caption|blog|letter|article|script|ad)\b/i,
  ),
  sign(
    'search',
    3,
    /\b(?:latest|today'?s|current|this week'?s)\b.{0,40}\b(?:news|price|weather|score|release|version)\b|\bsearch the web\b/i,
  ),
];

export function inferTask(text: string): InferredTask {
  const read = text.length > headChars + tailChars ? `${text.slice(0, headChars)}\n${text.slice(-tailChars)}` : text;
  const evidence = new Map<string, { weight: number; readonly because: string[] }>();
  let total = 0;
  for (const { task, weight, pattern } of signs) {
    const hit = pattern.exec(read);
    if (hit === null) continue;
    const known = evidence.get(task) ?? { weight: 0, because: [] };
    known.weight += weight;
    known.because.push(`"${hit[0].slice(0, 60).replace(/\s+/g, ' ')}"`);
    evidence.set(task, known);
    total += weight;
  }

  const [best] = [...evidence].sort(([, one], [, other]) => other.weight - one.weight);
  if (best === undefined) return { task: defaultTask, confidence: 0, because: ['no sign of a special task'] };
  const [task, { weight, because }] = best;
  const confidence = weight / total;
  if (weight < minEvidence || confidence < minConfidence) {
    return { task: defaultTask, confidence, because: [`the signs disagree: ${[...evidence.keys()].join(', ')}`] };
  }
  return { task, confidence, because };
}
