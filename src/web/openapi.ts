// The API in OpenAPI 3.1, for readers of the reference and for their tools. `npm run docs` writes it to public/openapi.json, which
// Andon serves at `/api/openapi.json`. Tests hold it against the server: paths, statuses and every field.
import { z } from 'zod'
import { PAGE_SIZE } from '../store/board.ts'
import {
  API_SCHEMAS,
  acceptedSchema,
  boardSchema,
  errorSchema,
  healthSchema,
  pipelineSchema,
  readinessSchema,
  refusedSchema,
} from './api-schemas.ts'
import { HEALTHS, LIGHTS, ORDERS } from './find-form.ts'
import { MAX_SEARCH } from './params.ts'
import { reportSchema } from './report-body.ts'
import { MAX_SCOPES } from './stream-request.ts'

/** The text of `public/openapi.json`. */
export function openApiDocument(): string {
  const { schemas } = z.toJSONSchema(API_SCHEMAS, { uri: (id) => `${SCHEMAS}${id}` })
  const named = Object.entries(schemas).map(([name, { $schema, $id, id, ...schema }]) => [name, schema])
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Andon',
      version: '1',
      description:
        'The board as JSON, for scripts: what it shows is what the pages show. Fields may be added; none changes its meaning. Times are UTC.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ apiToken: [] }, { session: [] }],
    paths: PATHS,
    components: {
      schemas: Object.fromEntries(named),
      securitySchemes: {
        apiToken: { type: 'http', scheme: 'bearer', description: 'A read-only token from `/account`.' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-andon-session', description: 'Signed in with GitHub.' },
        workflowToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The OIDC token that GitHub gives the workflow run; its audience is the address of Andon.',
        },
        signature: {
          type: 'apiKey',
          in: 'header',
          name: 'x-hub-signature-256',
          description: 'GitHub’s signature of the body by the webhook secret.',
        },
      },
    },
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

const SCHEMAS = '#/components/schemas/'

function json(description: string, schema: z.ZodType) {
  const name = API_SCHEMAS.get(schema)?.id
  return { description, content: { 'application/json': { schema: { $ref: `${SCHEMAS}${name}` } } } }
}

const error = (description: string) => json(description, errorSchema)
const refused = (description: string) => json(description, refusedSchema)

function query(name: string, description: string, schema: object = { type: 'string' }) {
  return { name, in: 'query', description, schema }
}

/** Several words, with commas between them. */
const words = (known: readonly string[]) => ({
  style: 'form',
  explode: false,
  schema: { type: 'array', items: { enum: known } },
})

const inPath = (name: string, schema: object = { type: 'string' }) => ({ name, in: 'path', required: true, schema })

const FILTERS = [
  query('repository', '`owner/repo`: of this repository alone.'),
  { ...query('light', 'Rows with these lights; without it, what has not ended.'), ...words(LIGHTS) },
  { ...query('health', 'Rows with these healths.'), ...words(HEALTHS) },
  query('q', 'Part of a title or of a repository’s name, or the number of an issue.', {
    type: 'string',
    maxLength: MAX_SEARCH,
  }),
  query('needs', 'What needs the reader; in open access, anybody.', { const: 'me' }),
  query('sort', 'The order.', { enum: ORDERS, default: 'urgency' }),
  query('after', 'The `next` of the page before.'),
]

const REFUSED_TO_READ = {
  '400': error('Something in the query cannot be.'),
  '401': error('Nobody is signed in, and there is no valid token.'),
  '403': error('Signing in with GitHub is not set up.'),
  '404': error('There is no such place, or it is not yours to see.'),
  '503': error('The database or GitHub does not answer: try again after `retry-after`.'),
}

const svg = { 'image/svg+xml': { schema: { type: 'string' } } }

const PATHS = {
  '/api/pipelines': {
    get: {
      summary: `The board, a page of at most ${PAGE_SIZE} rows`,
      parameters: FILTERS,
      responses: { '200': json('The board.', boardSchema), ...REFUSED_TO_READ },
    },
  },
  '/api/pipelines/{owner}/{repo}/{number}': {
    get: {
      summary: 'One issue in full',
      parameters: [inPath('owner'), inPath('repo'), inPath('number', { type: 'integer', minimum: 1 })],
      responses: { '200': json('The issue.', pipelineSchema), ...REFUSED_TO_READ },
    },
  },
  '/events': {
    get: {
      summary: 'The board as a stream of events',
      description:
        'The messages are described in docs/reference/stream.md. With `as=json` they carry a Board or a PipelineDetail.',
      parameters: [
        query('as', 'JSON instead of fragments of the page.', { const: 'json' }),
        query('issue', 'One issue of `repository`.', { type: 'integer', minimum: 1 }),
        query('scope', 'Several queries in one stream.', {
          type: 'array',
          items: { type: 'string' },
          maxItems: MAX_SCOPES,
        }),
        ...FILTERS,
      ],
      responses: {
        '200': { description: 'Server-sent events.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
        ...REFUSED_TO_READ,
      },
    },
  },
  '/api/reports': {
    post: {
      summary: 'A workflow run says that it is alive, and how far it is',
      security: [{ workflowToken: [] }],
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: z.toJSONSchema(reportSchema, { io: 'input', override: dropDialect }) },
        },
      },
      responses: {
        '204': { description: 'The report is stored.' },
        '401': error('The token is missing or proves no run.'),
        '403': error('The attempt is not this run’s.'),
        '409': error('The attempt is over.'),
        '413': error('The report is too large.'),
        '415': error('The report is not JSON.'),
        '422': error('A field of the report cannot be.'),
        '503': error('The report could not be stored now: send it again.'),
      },
    },
  },
  '/api/github/webhooks': {
    post: {
      summary: 'GitHub delivers a webhook',
      security: [{ signature: [] }],
      requestBody: { required: true, content: { 'application/json': { schema: { type: 'object' } } } },
      responses: {
        '202': json('The delivery is committed.', acceptedSchema),
        '400': refused('A header is missing, or the body is no JSON.'),
        '401': refused('The signature is not GitHub’s.'),
        '413': refused('The body is larger than any that GitHub sends.'),
        '415': refused('The body is not JSON.'),
        '503': refused('It could not be committed now.'),
      },
    },
  },
  '/api/openapi.json': {
    get: {
      summary: 'This document',
      security: [],
      responses: {
        '200': { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } },
      },
    },
  },
  '/badge/{owner}/{repo}.svg': {
    get: {
      summary: 'A repository’s state as a picture, for its README',
      security: [],
      parameters: [inPath('owner'), inPath('repo')],
      responses: {
        '200': {
          description: 'The badge; of a place that is hidden or does not exist it says `unknown`.',
          content: svg,
        },
        '304': { description: 'It is as `if-none-match` says.' },
      },
    },
  },
  '/healthz': {
    get: {
      summary: 'Whether the process lives, and what is degraded',
      security: [],
      responses: { '200': json('It lives.', healthSchema) },
    },
  },
  '/readyz': {
    get: {
      summary: 'Whether the process takes deliveries',
      security: [],
      responses: { '200': json('It does.', readinessSchema), '503': json('It does not.', readinessSchema) },
    },
  },
} as const

/** A schema within a document has the document's dialect. */
function dropDialect({ jsonSchema }: { jsonSchema: { $schema?: string } }): void {
  delete jsonSchema.$schema
}
