import { render } from "preact";
import { App } from "./app.tsx";
import { takeTokenFromAddress } from "./session.ts";
import "./styles/page.css";

takeTokenFromAddress();
const root = document.getElementById("page");
if (root) render(<App />, root);
