// `.github/andon.yml` as JSON Schema, for editors: draft 7, which the YAML language server reads.
import { z } from 'zod'
import { andonYmlSchema } from './andon-yml-schema.ts'

/** The text of `public/andon.schema.json`, which Andon serves at `/assets/andon.schema.json`. */
export function andonJsonSchema(): string {
  const { $schema, ...shape } = z.toJSONSchema(andonYmlSchema, { target: 'draft-7', io: 'input' })
  const schema = {
    $schema,
    title: 'The line of a repository: .github/andon.yml',
    description:
      'Fields and their defaults: docs/reference/configuration.md of Andon. `andon check` also compares fields.',
    ...shape,
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}
