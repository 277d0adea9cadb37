// What operators do on their page. Each form works without JavaScript and leads back to the page, which then shows what is
// stored: never what the form hoped for.
import type { Hono } from 'hono'
import type { Logger } from 'pino'
import { expectOwnForm, limitForm } from './forms.ts'
import { REPLAY_PATH } from './health-page.ts'
import { HttpError } from './http-errors.ts'
import type { OperatorParts } from './operators.ts'
import { noSuchPage } from './params.ts'
import { type HonoEnv, onlookerOf, type SiteConfig } from './site.ts'

export function addHealthRoutes(
  app: Hono<HonoEnv>,
  o: { config: SiteConfig; replay: OperatorParts['replay']; log: Logger },
): void {
  app.post(REPLAY_PATH, limitForm, async (context) => {
    const onlooker = onlookerOf(context)
    if (onlooker.health === null) throw noSuchPage()
    const { id = '' } = await expectOwnForm(context, onlooker)
    if (!/^\d{1,15}$/.test(id)) throw new HttpError(400, 'Name the delivery to replay by its id.')
    const { state } = await o.replay(Number(id))
    o.log.info({ delivery: Number(id), state, by: onlooker.user?.login }, 'a delivery was replayed')
    return context.redirect(`${o.config.baseUrl}/health?replayed=${id}`, 303)
  })
  app.all(REPLAY_PATH, () => {
    throw new HttpError(405, 'This address is for forms: go to /health.', 'POST')
  })
}
