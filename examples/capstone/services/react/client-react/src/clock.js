import { createElement, useEffect, useState } from "react";

/** The time that an API tells, asked for once a second. */
export function Clock({ url }) {
  const [text, setText] = useState("…");

  useEffect(() => {
    const ask = async () => {
      try {
        const { api, version, now } = await (await fetch(url)).json();
        setText(`${api} ${version}: ${now}`);
      } catch (error) {
        setText(`${url}: ${error.message}`);
      }
    };
    const timer = setInterval(ask, 1000);
    return () => clearInterval(timer);
  }, [url]);

  return createElement("p", null, text);
}
