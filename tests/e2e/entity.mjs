/**
 * Follows a link to an entity in a browser, and runs what the page has ready for it.
 *
 *   node entity.mjs ORIGIN TOKEN PATH
 *
 * Prints one JSON object: address (where the link led, without what is secret), query, variables and response (what the editors
 * hold), consoleErrors. Exits 0, or 1 where the page doesn't come up, or 2 on wrong use.
 */
import { launch, watch } from './browser.mjs'

const [origin, token, path] = process.argv.slice(2)
if (!path) {
  console.error('Use: node entity.mjs ORIGIN TOKEN PATH')
  process.exit(2)
}

const browser = await launch()
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.setDefaultTimeout(30_000)
  const { consoleErrors } = watch(page)
  await page.goto(`${origin}${path}#token=${encodeURIComponent(token)}`)
  const editor = page.locator('.graphiql-query-editor .view-lines')
  await editor.getByText('entity').first().waitFor()
  const answered = page.waitForResponse(
    (one) => one.request().method() === 'POST' && /query Entity/.test(one.request().postData() ?? ''),
  )
  await page.getByRole('button', { name: 'Execute query' }).click()
  const response = await answered
  const asked = response.request().postDataJSON()
  const report = {
    address: page.url(),
    query: asked.query,
    variables: asked.variables,
    response: await response.json(),
    consoleErrors,
  }
  console.log(JSON.stringify(report, null, 2))
} finally {
  await browser.close()
}
