"""The least that python-telegram-bot can do: every text comes back. Polls, or has the same door as ours for the webhook.

`python -m bot.bench.echo`, with the same environment as ours.
"""

import asyncio
import os

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters

CONCURRENT = 16


async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
    if update.message and update.message.text:
        await update.message.reply_text(update.message.text)


def main() -> None:
    builder = ApplicationBuilder().token(os.environ["TELEGRAM_BOT_TOKEN"]).base_url(f"{os.environ['TELEGRAM_API_BASE']}/bot")
    builder.concurrent_updates(CONCURRENT)
    application = builder.build()
    application.add_handler(MessageHandler(filters.TEXT, echo))
    public = os.environ.get("PUBLIC_URL")
    if not public:
        application.run_polling()
        return

    async def receive(request: Request) -> Response:
        await application.process_update(Update.de_json(await request.json(), application.bot))
        return Response(status_code=200)

    async def serve() -> None:
        site = Starlette(routes=[Route("/telegram", receive, methods=["POST"])])
        async with application:
            await application.start()
            await application.bot.set_webhook(f"{public}/telegram", max_connections=CONCURRENT)
            await uvicorn.Server(uvicorn.Config(site, port=int(os.environ["PORT"]), access_log=False, log_config=None)).serve()
            await application.stop()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
