// What makes reading easier; nothing here is needed for it.
"use strict";
