#include "CRunner.h"
