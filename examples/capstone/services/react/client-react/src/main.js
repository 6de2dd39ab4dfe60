import { createElement } from "react";
import { createRoot } from "react-dom/client";

import { Clock } from "./clock.js";

const apis = ["http://localhost:3000/", "http://localhost:8080/"];
const clocks = apis.map((url) => createElement(Clock, { key: url, url }));
createRoot(document.getElementById("root")).render(clocks);
