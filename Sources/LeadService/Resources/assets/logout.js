// The page for leaving: its button is bound by the shared script.

import "./console.js";
