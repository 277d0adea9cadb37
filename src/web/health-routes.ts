// What operators do on their page. Each form works without JavaScript and leads back to the page, which then shows what is
// stored: never what the form hoped for.
import type { Hono } from 'hono'
import type { Logger } from 'pino'
import { expectOwnForm, limitForm, onlyPost } from './forms.ts'
import { REPLAY_PATH } from './health-page.ts'
import type { OperatorParts } from './operators.ts'
import { noSuchPage, parseId } from './params.ts'
import { type HonoEnv, onlookerOf, type SiteConfig } from './site.ts'

export function addHealthRoutes(
  app: Hono<HonoEnv>,
  o: { config: SiteConfig; replay: OperatorParts['replay']; log: Logger },
): void {
  app.post(REPLAY_PATH, limitForm, async (context) => {
    const onlooker = onlookerOf(context)
    if (onlooker.health === null) throw noSuchPage()
    const form = await expectOwnForm(context, onlooker)
    const id = parseId(form.id, 'Name the delivery to replay by its id.')
    const { state } = await o.replay(id)
    o.log.info({ delivery: id, state, by: onlooker.user?.login }, 'a delivery was replayed')
    return context.redirect(`${o.config.baseUrl}/health?replayed=${id}`, 303)
  })
  app.all(REPLAY_PATH, onlyPost('go to /health'))
}
