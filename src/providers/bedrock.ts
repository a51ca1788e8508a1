// Amazon Bedrock: models of many vendors behind one grammar, calls signed with AWS credentials or sent with a Bedrock API key.
import { awsAccount, createAwsAuthorizer, hasAwsKeys } from './auth/aws-sigv4.ts';
import { defineProvider } from './provider.ts';

const invoke = '/model/{model}/invoke';

export const bedrock = defineProvider({
  id: 'bedrock',
  name: 'Amazon Bedrock',
  docs: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
  baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com',
  account: awsAccount,
  auth: {
    kind: 'authorizer',
    id: 'aws-sigv4',
    create: (account) => createAwsAuthorizer('bedrock', account),
    keyless: hasAwsKeys,
  },
  env: {
    apiKey: ['AWS_BEARER_TOKEN_BEDROCK'],
    baseUrl: ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'AWS_BEDROCK_RUNTIME_ENDPOINT'],
  },
  // Inference profiles, imported models and ARNs are an account's own.
  openEnded: true,
  chat: [{ dialect: 'bedrock-converse', path: '/model/{model}/converse', streamPath: '/model/{model}/converse-stream', inlineMedia: {} }],
  tasks: {
    embed: [{ dialect: 'bedrock-embed', path: invoke }],
    image: [{ dialect: 'bedrock-image', path: invoke }],
    rerank: [{ dialect: 'bedrock-rerank', path: invoke }],
  },
  timeouts: { firstByteMs: 300_000 },
});
